namespace Fusion.Interop.Driver;

/// <summary>How many blocks run at a time.</summary>
public sealed unsafe class OccupancyFunctions
{
    private readonly delegate* unmanaged<int*, nint, int, nuint, CudaResult> maxActiveBlocks;
    private readonly delegate* unmanaged<int*, nint, LaunchConfig*, CudaResult> maxActiveClusters;

    internal OccupancyFunctions(IExportTable exports)
    {
        maxActiveBlocks = (delegate* unmanaged<int*, nint, int, nuint, CudaResult>)
            exports.Get("cuOccupancyMaxActiveBlocksPerMultiprocessor");
        if (exports.TryGet("cuOccupancyMaxActiveClusters", out var export))
            maxActiveClusters = (delegate* unmanaged<int*, nint, LaunchConfig*, CudaResult>)export;
    }

    /// <summary>Whether the driver has <see cref="MaxActiveClusters"/> (from 11.8 on).</summary>
    public bool CanMaxActiveClusters => maxActiveClusters is not null;

    /// <summary><c>cuOccupancyMaxActiveBlocksPerMultiprocessor</c>.</summary>
    /// <param name="function">The function.</param>
    /// <param name="threads">Threads of a block.</param>
    /// <param name="sharedBytes">Dynamic shared memory of a block in bytes.</param>
    /// <param name="blocks">Blocks that one multiprocessor holds at once, if it has nothing else to do.</param>
    public CudaResult MaxActiveBlocks(nint function, int threads, nuint sharedBytes, out int blocks)
    {
        fixed (int* p = &blocks) return maxActiveBlocks(p, function, threads, sharedBytes);
    }

    /// <summary><c>cuOccupancyMaxActiveClusters</c>.</summary>
    /// <param name="function">The function.</param>
    /// <param name="config">A launch with a cluster dimension among its attributes.</param>
    /// <param name="clusters">Clusters that the whole device holds at once, if it has nothing else to do.</param>
    /// <exception cref="NotSupportedException">The driver has no such function (<see cref="CanMaxActiveClusters"/>).</exception>
    public CudaResult MaxActiveClusters(nint function, LaunchConfig* config, out int clusters)
    {
        if (!CanMaxActiveClusters) throw new NotSupportedException("This driver has no cuOccupancyMaxActiveClusters.");
        fixed (int* p = &clusters) return maxActiveClusters(p, function, config);
    }
}
