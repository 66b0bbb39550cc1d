namespace Fusion.Interop.Driver;

/// <summary>Functions of the driver for the occupancy of kernels.</summary>
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

    /// <summary>Calls <c>cuOccupancyMaxActiveBlocksPerMultiprocessor</c>.</summary>
    /// <param name="function">Handle of the kernel.</param>
    /// <param name="threads">Number of threads in a block.</param>
    /// <param name="sharedBytes">Dynamic shared memory of a block in bytes.</param>
    /// <param name="blocks">Number of blocks that are resident on an otherwise idle multiprocessor.</param>
    public CudaResult MaxActiveBlocks(nint function, int threads, nuint sharedBytes, out int blocks)
    {
        fixed (int* p = &blocks) return maxActiveBlocks(p, function, threads, sharedBytes);
    }

    /// <summary>Calls <c>cuOccupancyMaxActiveClusters</c>.</summary>
    /// <param name="function">Handle of the kernel.</param>
    /// <param name="config">Configuration of a launch with a cluster attribute.</param>
    /// <param name="clusters">Number of clusters that are resident on an otherwise idle device.</param>
    /// <exception cref="NotSupportedException">The driver does not have the function
    /// (<see cref="CanMaxActiveClusters"/>).</exception>
    public CudaResult MaxActiveClusters(nint function, LaunchConfig* config, out int clusters)
    {
        if (!CanMaxActiveClusters) throw new NotSupportedException("This driver has no cuOccupancyMaxActiveClusters.");
        fixed (int* p = &clusters) return maxActiveClusters(p, function, config);
    }
}
