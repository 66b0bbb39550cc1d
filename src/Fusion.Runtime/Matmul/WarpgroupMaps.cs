using System.Collections.Concurrent;

namespace Fusion.Runtime;

/// <summary>Tensor maps of matrices as <c>multiply_warpgroup_rows</c> takes them (<see cref="WarpgroupLaunch"/>), each made once: the next
/// launch with the same matrix allocates nothing. Threads may share one. It holds addresses, not memory.</summary>
public sealed class WarpgroupMaps
{
    private const int ChunksOfABox = 2;

    private readonly ConcurrentDictionary<(ulong Address, long Rows, long Chunks, int BoxRows), TensorMap> maps = [];

    /// <summary>Gets the map of a matrix, of x or of a weight.</summary>
    /// <param name="matrix">The matrix, which <see cref="WarpgroupLaunch.Takes"/> says can be an operand.</param>
    /// <param name="boxRows">Rows that a copy takes: <see cref="WarpgroupLaunch.MostRows"/> for x, <see cref="WarpgroupLaunch.Columns"/> for a
    /// weight.</param>
    /// <exception cref="FusionArgumentException">The matrix cannot be an operand, or the driver is older than CUDA 12.0.</exception>
    public TensorMap Of(in DeviceTensor matrix, int boxRows)
    {
        var rowBytes = DeviceTensor.ByteCount(matrix.Type, matrix.Columns);
        var key = (matrix.Address, matrix.Rows, rowBytes / WarpgroupLaunch.ChunkBytes, boxRows);
        return maps.TryGetValue(key, out var map) ? map : maps[key] = Make(key.Address, key.Rows, rowBytes, boxRows);
    }

    // Rows as chunks of a line each, so that a box has some chunks of each of its rows, one chunk's lines behind the other's.
    private static TensorMap Make(ulong address, long rows, long rowBytes, int boxRows) => TensorMap.Create(
        new DevicePointer<byte>(address), [WarpgroupLaunch.ChunkBytes, rows, rowBytes / WarpgroupLaunch.ChunkBytes],
        [WarpgroupLaunch.ChunkBytes, boxRows, ChunksOfABox],
        new()
        {
            Strides = [rowBytes, WarpgroupLaunch.ChunkBytes],
            Swizzle = TensorMapSwizzle.Bytes128,
            L2Promotion = TensorMapL2Promotion.Bytes256,
        });
}
