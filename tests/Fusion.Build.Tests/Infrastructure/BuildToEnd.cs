using System.Diagnostics;

namespace Fusion.Build.Tests.Infrastructure;

/// <summary>A build in the background, to be ended. It leads a process group, as a shell's job does.</summary>
internal sealed class BuildToEnd : IDisposable
{
    private readonly Consumer consumer;
    private readonly Process process;
    private readonly string log;

    /// <summary>Starts it.</summary>
    /// <param name="consumer">What to build; it is restored.</param>
    /// <param name="arguments">More arguments of <c>dotnet build</c>.</param>
    public BuildToEnd(Consumer consumer, params string[] arguments)
    {
        this.consumer = consumer;
        log = Path.Combine(consumer.Root, "build-to-end.log");
        var start = new ProcessStartInfo("setsid", [
            "bash", "-c", "exec dotnet build -nologo --no-restore \"$@\" >\"$0\" 2>&1", log, .. arguments])
        {
            WorkingDirectory = consumer.Folder,
        };
        foreach (var (name, value) in UserEnvironment.With(new Dictionary<string, string?>())) start.Environment[name] = value;
        process = Process.Start(start)!;
    }

    public int ExitCode => process.ExitCode;

    /// <summary>What it said until now.</summary>
    public string Output => File.Exists(log) ? File.ReadAllText(log) : "";

    /// <summary>Waits until something happens. False if the build ends before, or goes on for longer than any build.</summary>
    public bool Reaches(Task something) => Task.WaitAny([something, process.WaitForExitAsync()], Consumer.Deadline) == 0;

    /// <summary>Sends a signal to the whole group, as a terminal does, and waits for the end.</summary>
    /// <param name="signal">Its name, such as <c>INT</c>.</param>
    public void End(string signal)
    {
        Assert.That(process.HasExited, Is.False, Output);
        consumer.Run("kill", $"-{signal}", "--", $"-{process.Id}").MustSucceed();
        Assert.That(process.WaitForExit(Consumer.Deadline), Is.True, Output);
    }

    public void Dispose()
    {
        if (!process.HasExited) process.Kill(entireProcessTree: true);
        process.Dispose();
    }
}
