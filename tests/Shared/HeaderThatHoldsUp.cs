using System.Diagnostics;

namespace Fusion.Tests.Shared;

/// <summary>A header that is a named pipe: who reads it waits until this object is disposed, and it is known when one does.
/// So a compilation can be ended in its middle, however fast or slow the machine is.</summary>
internal sealed class HeaderThatHoldsUp : IDisposable
{
    private readonly string path;
    private readonly Task<FileStream> reader;

    /// <summary>Creates it.</summary>
    /// <param name="path">Its full path. A file that is there is replaced, and comes back in the end.</param>
    public HeaderThatHoldsUp(string path)
    {
        this.path = path;
        Content = File.ReadAllBytes(path);
        File.Delete(path);
        using var made = Process.Start("mkfifo", [path]);
        made.WaitForExit();
        // Opening a pipe for writing takes until another opens it for reading.
        reader = Task.Factory.StartNew(
            () => new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite), TaskCreationOptions.LongRunning);
    }

    /// <summary>Ends when somebody begins to read.</summary>
    public Task Reached => reader;

    private byte[] Content { get; }

    public void Dispose()
    {
        File.Delete(path);
        File.WriteAllBytes(path, Content);
        if (reader.IsCompletedSuccessfully) reader.Result.Dispose();
    }
}
