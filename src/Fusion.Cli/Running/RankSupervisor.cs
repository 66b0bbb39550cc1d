using System.Globalization;
using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace Fusion.Cli.Running;

/// <summary>Starts the ranks and watches them: ends all when one fails, passes signals on, and leaves none behind.</summary>
internal sealed class RankSupervisor(RunOptions options) : IDisposable
{
    // Longest wait for output of a process that left its rank's group.
    private static readonly TimeSpan Drain = TimeSpan.FromSeconds(2);

    private static readonly Dictionary<PosixSignal, int> Signals = new()
    {
        [PosixSignal.SIGHUP] = UnixProcesses.SigHup,
        [PosixSignal.SIGINT] = UnixProcesses.SigInt,
        [PosixSignal.SIGQUIT] = UnixProcesses.SigQuit,
        [PosixSignal.SIGTERM] = UnixProcesses.SigTerm,
    };

    private readonly RunScreen screen = new();
    private readonly List<RankProcess> ranks = [];
    private readonly Channel<Action> events = Channel.CreateUnbounded<Action>();
    private Exception? problem;
    private RankProcess? failed;
    private int sent;

    private IEnumerable<RankProcess> Running => ranks.Where(rank => !rank.HasEnded);

    private string GraceInWords => options.Grace.TotalSeconds.ToString(CultureInfo.InvariantCulture) + " s";

    /// <summary>Runs the ranks to their end, on a thread that does not end before them.</summary>
    /// <returns>Exit code of the first rank that failed; 0 if none did.</returns>
    public int Run()
    {
        var registrations = Signals.Select(pair => PosixSignalRegistration.Create(pair.Key, context =>
        {
            context.Cancel = true;
            events.Writer.TryWrite(() => OnSignal(pair.Value));
        })).ToList();
        try
        {
            // The system kills a rank when the thread that started it ends.
            for (var rank = 0; rank < options.Ranks; rank++) ranks.Add(RankProcess.Start(rank, options));
            WatchAsync().GetAwaiter().GetResult();
        }
        finally
        {
            foreach (var rank in Running) rank.Send(UnixProcesses.SigKill);
            registrations.ForEach(registration => registration.Dispose());
        }

        return failed?.ExitCode ?? 0;
    }

    /// <inheritdoc/>
    public void Dispose() => ranks.ForEach(rank => rank.Dispose());

    private async Task WatchAsync()
    {
        foreach (var rank in ranks)
            _ = rank.WaitAsync().ContinueWith(_ => events.Writer.TryWrite(() => OnEnd(rank)), TaskScheduler.Default);
        var outputs = ranks.Select(rank => rank.ForwardOutput(screen)).ToList();
        foreach (var output in outputs)
            _ = output.ContinueWith(task => events.Writer.TryWrite(() => OnOutput(task)), TaskScheduler.Default);

        while (Running.Any()) (await events.Reader.ReadAsync().ConfigureAwait(false))();

        var all = Task.WhenAll(outputs);
        await Task.WhenAny(all, Task.Delay(Drain)).ConfigureAwait(false);
        problem ??= all.Exception?.InnerException;
        if (problem is not null) throw problem;
    }

    private void OnEnd(RankProcess ended)
    {
        ended.End();
        if (ended.ExitCode == 0 || failed is not null) return;
        // Of ranks that ended at nearly the same time the first may be heard of later.
        failed = ranks.Where(rank => rank.ExitCode is not (null or 0)).MinBy(rank => rank.ExitTime)!;
        if (sent != 0) return;
        var code = failed.ExitCode!.Value;
        var signal = code is > 128 and < 128 + 65 ? $" ({UnixProcesses.Name(code - 128)})" : "";
        var others = Running.Any() ? "; the other ranks are ended" : "";
        screen.Tell($"rank {failed.Rank} (process {failed.Id}) failed with exit code {code}{signal}{others}.");
        EndRanks(UnixProcesses.SigTerm);
    }

    private void OnSignal(int signal)
    {
        var name = UnixProcesses.Name(signal);
        if (sent != 0 && signal == UnixProcesses.SigInt)
        {
            screen.Tell($"{name} again: the ranks are killed.");
            KillRanks();
            return;
        }

        screen.Tell($"{name} is passed on to the ranks; those that have not ended after {GraceInWords} are killed.");
        EndRanks(signal);
    }

    private void OnOutput(Task output)
    {
        if (output.Exception is null || problem is not null) return;
        // What a rank prints has no place any more, and it would wait for ever.
        problem = output.Exception.InnerException;
        EndRanks(UnixProcesses.SigTerm);
    }

    private void EndRanks(int signal)
    {
        var isFirst = sent == 0;
        sent = signal;
        foreach (var rank in Running) rank.Send(signal);
        if (isFirst)
            _ = Task.Delay(options.Grace).ContinueWith(_ => events.Writer.TryWrite(OnGrace), TaskScheduler.Default);
    }

    private void OnGrace()
    {
        var late = Running.Where(rank => rank.ExitCode is null).Select(rank => rank.Rank).ToList();
        if (late.Count > 0)
            screen.Tell($"{(late.Count == 1 ? "rank" : "ranks")} {string.Join(", ", late)} did not end within {GraceInWords} of {UnixProcesses.Name(sent)}; killed.");
        KillRanks();
    }

    private void KillRanks()
    {
        foreach (var rank in Running) rank.Send(UnixProcesses.SigKill);
    }
}
