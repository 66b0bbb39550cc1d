using System.Diagnostics;
using System.Globalization;

namespace Fusion.Tests.Shared;

/// <summary>A program that runs in the background, to be ended by a signal. It leads a process group, as a shell's job does.
/// </summary>
internal sealed class ProcessToEnd : IDisposable
{
    /// <summary>How long anything may take: far more than it needs on a slow, busy machine, and not for ever.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromMinutes(10);

    // Whoever runs the tests in the background may have made them, and with them their children, deaf to Ctrl+C.
    private static readonly string[] Leader =
        ["env", "--default-signal=INT", "bash", "-c", "exec \"$@\" >\"$0\" 2>&1"];

    private readonly Process process;
    private readonly string log;

    /// <summary>Starts it.</summary>
    /// <param name="folder">Its current folder.</param>
    /// <param name="log">Full path of the file for what it says.</param>
    /// <param name="environment">Variables that differ from those of the tests; null removes one.</param>
    /// <param name="command">The program and its arguments.</param>
    public ProcessToEnd(string folder, string log, IReadOnlyDictionary<string, string?> environment, params string[] command)
    {
        this.log = log;
        var start = new ProcessStartInfo("setsid", [.. Leader, log, .. command]) { WorkingDirectory = folder };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        process = Process.Start(start)!;
    }

    /// <summary>What it said until now.</summary>
    public string Output => File.Exists(log) ? File.ReadAllText(log) : "";

    /// <summary>Waits until something happens. False if the process ends before, or the deadline passes.</summary>
    public bool Reaches(Task something) => Task.WaitAny([something, process.WaitForExitAsync()], Deadline) == 0;

    /// <summary>Sends a signal to the whole group, as a terminal does, and waits for the end.</summary>
    /// <param name="signal">Its name, such as <c>INT</c>.</param>
    /// <returns>The exit code.</returns>
    public int End(string signal)
    {
        Assert.That(process.HasExited, Is.False, Output);
        using var kill = Process.Start("kill", [$"-{signal}", "--", string.Create(CultureInfo.InvariantCulture, $"-{process.Id}")]);
        kill.WaitForExit();
        Assert.That(process.WaitForExit(Deadline), Is.True, Output);
        return process.ExitCode;
    }

    public void Dispose()
    {
        if (!process.HasExited) process.Kill(entireProcessTree: true);
        process.Dispose();
    }
}
