namespace Fusion.Build.Tests.Infrastructure;

/// <summary>A header that is a named pipe: who reads it waits until this object is disposed, and it is known when one does.
/// </summary>
internal sealed class HeaderThatHoldsUp : IDisposable
{
    private readonly string path;
    private readonly Task<FileStream> reader;

    /// <summary>Replaces a header.</summary>
    /// <param name="consumer">Whose header.</param>
    /// <param name="header">Its path in the project.</param>
    public HeaderThatHoldsUp(Consumer consumer, string header)
    {
        path = consumer.PathOf(header);
        File.Delete(path);
        consumer.Run("mkfifo", path).MustSucceed();
        // Opening a pipe for writing takes until another opens it for reading.
        reader = Task.Factory.StartNew(
            () => new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite), TaskCreationOptions.LongRunning);
    }

    /// <summary>Ends when somebody begins to read.</summary>
    public Task Reached => reader;

    public void Dispose()
    {
        if (reader.IsCompletedSuccessfully) reader.Result.Dispose();
        File.Delete(path);
    }
}
