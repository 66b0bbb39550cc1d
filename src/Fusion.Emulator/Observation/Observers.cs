using System.Collections.Concurrent;
using System.Numerics;
using Fusion.Emulation.Machine;

namespace Fusion.Emulation;

/// <summary>Those who look at each step of a machine's kernels.</summary>
internal sealed class Observers
{
    // Files go on where the machine before left off.
    private static readonly ConcurrentDictionary<string, TextWriter> Files = new(StringComparer.Ordinal);

    private readonly EmulatorTrace? trace;
    private readonly TextWriter? writer;

    private Observers(EmulatorOptions options)
    {
        Coverage = options.CoverageFile is { } path ? LineCoverage.Of(EnvironmentSettings.PathOf(path)) : null;
        trace = options.Trace;
        if (trace is not null) writer = trace.Writer ?? (trace.File is { } file ? Files.GetOrAdd(EnvironmentSettings.PathOf(file), Open) : Console.Out);
    }

    public LineCoverage? Coverage { get; }

    /// <summary>Makes those that the options ask for; null for none.</summary>
    public static Observers? Of(EmulatorOptions options) => options.Trace is null && options.CoverageFile is null ? null : new(options);

    /// <summary>Makes the observer of a warp; null if nobody looks at it.</summary>
    public WarpObserver? Of(Warp warp)
    {
        var hits = Coverage?.HitsOf(warp.Block.Grid.Code);
        var lane = trace is null ? -1 : LaneOf(warp, trace);
        return hits is null && lane < 0 ? null : new(warp, hits, lane < 0 ? null : new(trace!, writer!, warp, lane));
    }

    public void Flush()
    {
        Coverage?.Write();
        if (writer is not null) lock (writer) writer.Flush();
    }

    private static int LaneOf(Warp warp, EmulatorTrace trace)
    {
        var grid = warp.Block.Grid;
        if (warp.Block.Index != trace.Block || (trace.Kernel is { } kernel && !grid.Code.Name.Contains(kernel, StringComparison.Ordinal))) return -1;
        var (shape, at) = (grid.BlockShape, trace.Thread);
        if (at.X >= shape.X || at.Y >= shape.Y || at.Z >= shape.Z) return -1;
        var thread = at.X + (shape.X * (at.Y + (shape.Y * at.Z)));
        return thread / 32 == warp.Index ? thread % 32 : -1;
    }

    private static StreamWriter Open(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return new(path) { AutoFlush = true };
    }
}

/// <summary>Looks at each step of a warp.</summary>
internal sealed class WarpObserver(Warp warp, long[]? hits, ThreadTrace? trace)
{
    public void Before(int pc, uint mask) => trace?.Before(pc, mask);

    public void After(int pc, uint mask, bool isDoneAgain)
    {
        // Lanes that wait for others do the instruction once more.
        if (isDoneAgain) return;
        if (hits is not null) Interlocked.Add(ref hits[pc], BitOperations.PopCount(mask));
        trace?.After(pc, mask);
    }

    public void Fail(KernelFaultException fault) => trace?.Fail(Math.Clamp(warp.Pc - 1, 0, int.MaxValue), fault);
}
