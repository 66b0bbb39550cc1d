using System.Runtime.InteropServices;
using Fusion.Runtime;
using Fusion.Runtime.Distributed.Ranks;

namespace Fusion.Cli.Benchmarks;

/// <summary>Keeps processes in step that measure a rank each: they begin a measurement together, and the slowest rank's time counts. In a process
/// with all ranks it does nothing, since one event before and one behind the calls of all ranks say the same.</summary>
/// <param name="group">Group of ranks to measure on.</param>
internal sealed class BenchPace(RankGroup group)
{
    private readonly GroupMessages? messages = GroupMessages.Of(group);

    /// <summary>Whether each rank is in a process of its own.</summary>
    public bool IsInProcesses => messages is not null;

    /// <summary>Begins a measurement: the hosts wait for each other, then the GPUs by a call, behind which the start is recorded. What is left of
    /// one rank's lead is the time in which the call's ranks end.</summary>
    /// <param name="call">Launches a call of all ranks that is not measured.</param>
    public void Begin(Action call)
    {
        if (messages is null) return;
        messages.Barrier();
        call();
    }

    /// <summary>Gets the time of each measurement: that of its slowest rank.</summary>
    /// <param name="own">Times of this process's rank.</param>
    public double[] Slowest(IReadOnlyCollection<double> own)
    {
        double[] times = [.. own];
        if (messages is null) return times;
        foreach (var part in messages.Gather(MemoryMarshal.AsBytes<double>(times).ToArray()))
        {
            var other = MemoryMarshal.Cast<byte, double>(part);
            if (other.Length != times.Length)
                throw new InvalidDataException($"A rank measured {other.Length} times, and this one {times.Length}: give all processes the same options.");
            for (var i = 0; i < times.Length; i++) times[i] = Math.Max(times[i], other[i]);
        }

        return times;
    }
}
