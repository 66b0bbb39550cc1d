using System.Runtime.InteropServices;

namespace Fusion.Interop.Driver;

/// <summary>How many blocks run at a time.</summary>
public sealed unsafe class OccupancyFunctions
{
    private readonly delegate* unmanaged<int*, nint, int, nuint, CudaResult> maxActiveBlocks;

    internal OccupancyFunctions(nint library) =>
        maxActiveBlocks = (delegate* unmanaged<int*, nint, int, nuint, CudaResult>)
            NativeLibrary.GetExport(library, "cuOccupancyMaxActiveBlocksPerMultiprocessor");

    /// <summary><c>cuOccupancyMaxActiveBlocksPerMultiprocessor</c>.</summary>
    /// <param name="function">The function.</param>
    /// <param name="threads">Threads of a block.</param>
    /// <param name="sharedBytes">Dynamic shared memory of a block in bytes.</param>
    /// <param name="blocks">Blocks that one multiprocessor holds at once, if it has nothing else to do.</param>
    public CudaResult MaxActiveBlocks(nint function, int threads, nuint sharedBytes, out int blocks)
    {
        fixed (int* p = &blocks) return maxActiveBlocks(p, function, threads, sharedBytes);
    }
}
