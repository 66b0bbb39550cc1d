using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Fusion.Cli.Running;

/// <summary>Process of a rank, with the processes that it starts.</summary>
internal sealed class RankProcess : IDisposable
{
    // Of colours that can be read on light and dark.
    private static readonly int[] Colours = [36, 33, 35, 32, 34, 31];

    private readonly Process process;

    private RankProcess(int rank, Process process) => (Rank, this.process) = (rank, process);

    /// <summary>Index of the rank.</summary>
    public int Rank { get; }

    /// <summary>Number of the process.</summary>
    public int Id => process.Id;

    /// <summary>Whether its end was seen.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Exit code, 128 and the number of the signal that ended it; null while it runs.</summary>
    public int? ExitCode => process.HasExited ? process.ExitCode : null;

    /// <summary>Time of its end, once it has ended.</summary>
    public DateTime ExitTime => process.ExitTime;

    /// <summary>Starts a rank.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="options">What was asked for.</param>
    /// <exception cref="IOException">The system has no room for it.</exception>
    public static RankProcess Start(int rank, RunOptions options)
    {
        var start = RankStart.Describe(options.Program);
        options.SetVariables(rank, start.Environment);
        // What is typed goes to rank 0; the others would take it from each other.
        start.RedirectStandardInput = rank > 0;
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new IOException($"The process of rank {rank} cannot be started: {e.Message}", e);
        }

        if (rank > 0) process.StandardInput.Close();
        return new(rank, process);
    }

    /// <summary>Passes on what the rank prints, on threads of their own: pipes are read without a thread by no one.</summary>
    /// <param name="screen">Where it goes.</param>
    /// <returns>Work that ends when the rank and its children have closed their output, and fails if it cannot be passed on.</returns>
    public Task ForwardOutput(RunScreen screen) => Task.WhenAll(
        Forward(process.StandardOutput.BaseStream, screen.Output, screen, !Console.IsOutputRedirected),
        Forward(process.StandardError.BaseStream, screen.Errors, screen, !Console.IsErrorRedirected));

    /// <summary>Waits for its end.</summary>
    public Task WaitAsync() => process.WaitForExitAsync();

    /// <summary>Takes notice of its end, and kills the processes that it started and left.</summary>
    public void End()
    {
        HasEnded = true;
        _ = UnixProcesses.Kill(-Id, UnixProcesses.SigKill);
    }

    /// <summary>Sends a signal to the rank and the processes that it started, unless it has ended.</summary>
    /// <param name="signal">Number of the signal.</param>
    public void Send(int signal)
    {
        if (process.HasExited) return;
        // Without a group, the program has not begun, and nothing is lost.
        if (UnixProcesses.Kill(-Id, signal) != 0) _ = UnixProcesses.Kill(Id, UnixProcesses.SigKill);
        // A process that is stopped gets no other signal.
        if (signal != UnixProcesses.SigKill) _ = UnixProcesses.Kill(-Id, UnixProcesses.SigCont);
    }

    /// <inheritdoc/>
    public void Dispose() => process.Dispose();

    private Task Forward(Stream source, Stream target, RunScreen screen, bool isTerminal)
    {
        var mark = isTerminal && RunScreen.HasColours ? $"\e[{Colours[Rank % Colours.Length]}m[{Rank}]\e[0m " : $"[{Rank}] ";
        var lines = new ForwardedLines(target, screen.Gate, Encoding.UTF8.GetBytes(mark));
        return Task.Factory.StartNew(() => lines.Copy(source), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }
}
