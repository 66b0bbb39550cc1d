namespace Fusion.Runtime;

/// <summary>How a kernel for matrix products of 9 to 32 rows is launched on Hopper: <c>x · wᵀ</c>, by <c>multiply_warpgroup_rows</c> of
/// <c>fusion/matmul/warpgroup_rows.cuh</c>, whose weights come to shared memory before the kernels ahead have ended. A sum has the same bits
/// whatever is beside it.</summary>
public readonly record struct WarpgroupLaunch
{
    /// <summary>Largest number of rows of x.</summary>
    public const int MostRows = 32;

    /// <summary>A row of x or of the weight is a multiple of so many bytes long.</summary>
    public const int ChunkBytes = 128;

    private const int Block = 320;

    // As warpgroup_rows.cuh has them.
    private const int ChunksOfAStage = 2;
    private const int MostStages = 16;
    private const int GroupsOfWarps = 2;
    private const int StaticBytes = 1024;

    // Of blocks on a multiprocessor: what each costs, and what an all-reduce has there beside them.
    private const int ReservedBytes = 1024;
    private const int BytesOfAnAllReduce = 2 * ReservedBytes;
    private const int BlocksOfAMultiprocessor = 2;
    private const int PassesWithAnother = 2;

    private static readonly int[] ColumnsOfOne = [24, 32, 40, 56];
    private static readonly int[] ColumnsOfTwo = [32, 56];

    /// <summary>Rows of the weight that make a tile: 24, 32, 40 or 56; with two weights 32 or 56 of each.</summary>
    public int Columns { get; private init; }

    /// <summary>Grid, block and shared memory. The kernel may start while the one before it runs.</summary>
    public LaunchShape Shape { get; private init; }

    /// <summary>Stages of the weight in shared memory, 2 to 16; an even number where there is one weight.</summary>
    public int StagesOfWeight { get; private init; }

    /// <summary>Stages of x in shared memory: 2 or 4.</summary>
    public int StagesOfInput { get; private init; }

    /// <summary>Where the sums lie in shared memory, in bytes.</summary>
    public int PartsAt { get; private init; }

    /// <summary>Tells whether a GPU has these kernels: one of compute capability 9.0 with a driver of CUDA 12 does, which alone has the
    /// instructions.</summary>
    /// <param name="device">The GPU.</param>
    public static bool IsOn(GpuDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return device.Capability is { Major: 9, Minor: 0 } && GpuDriver.Library.TensorMap.IsAvailable;
    }

    /// <summary>Tells whether a matrix can be an operand: its rows are multiples of <see cref="ChunkBytes"/> long, and its address one of
    /// 16.</summary>
    /// <param name="matrix">x or the weight.</param>
    public static bool Takes(in DeviceTensor matrix) =>
        matrix.Type is ElementType.Float8E4M3 or ElementType.BFloat16 or ElementType.Float16 &&
        DeviceTensor.ByteCount(matrix.Type, matrix.Columns) % ChunkBytes == 0 && matrix.Address % 16 == 0;

    /// <summary>Chooses tiles and stages that were measured to be fast.</summary>
    /// <param name="device">The GPU.</param>
    /// <param name="rows">Rows of x, 1 to <see cref="MostRows"/>.</param>
    /// <param name="columns">Rows of the weight, 1 at least; with two weights those of each.</param>
    /// <param name="rowBytes">Bytes of a row of x or of the weight, a multiple of <see cref="ChunkBytes"/>.</param>
    /// <param name="weights">1, or 2 for two weights that lie behind each other, whose tiles are made together.</param>
    public static WarpgroupLaunch Of(GpuDevice device, int rows, int columns, long rowBytes, int weights = 1)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, MostRows);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(rowBytes, 1);
        ArgumentOutOfRangeException.ThrowIfNotEqual(rowBytes % ChunkBytes, 0, nameof(rowBytes));
        ArgumentOutOfRangeException.ThrowIfLessThan(weights, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(weights, 2);
        var width = Width(device, columns, weights == 1 ? ColumnsOfOne : ColumnsOfTwo);
        var tiles = (columns + width - 1) / width;
        var passes = Passes(device, tiles);
        var inputStages = weights == 1 ? 4 : 2;
        var inputs = inputStages * ChunksOfAStage * MostRows * ChunkBytes;
        var stageBytes = weights * ChunksOfAStage * width * ChunkBytes;
        var parts = PartsBytes(width);
        // Sums lie on what was multiplied, unless a block has another tile whose weight is on its way there.
        var stages = StagesIn(SharedBytes(device, passes) - inputs - (passes > 1 ? parts : 0), stageBytes, weights);
        var steps = ((rowBytes / ChunkBytes) + ChunksOfAStage - 1) / ChunksOfAStage;
        if (passes == 1) stages = (int)Math.Min(stages, Math.Max(2, (steps + 1) / 2 * 2));
        var boxes = inputs + (stages * stageBytes);
        return new()
        {
            Columns = width,
            StagesOfInput = inputStages,
            StagesOfWeight = stages,
            PartsAt = passes > 1 ? boxes : 0,
            Shape = new((tiles + passes - 1) / passes, Block)
            {
                SharedBytes = passes > 1 ? boxes + parts : Math.Max(boxes, parts),
                ProgrammaticLaunch = true,
            },
        };
    }

    // As few rows of the weight as possible for the multiprocessor that has most of them; of equals the largest tiles.
    private static int Width(GpuDevice device, int columns, int[] widths) =>
        widths.MinBy(width => (Passes(device, (columns + width - 1) / width) * width, -width));

    private static int Passes(GpuDevice device, int tiles) => (tiles + device.MultiprocessorCount - 1) / device.MultiprocessorCount;

    // Two blocks share a multiprocessor, so that the next kernel's weights come while this one ends; for a kernel of many tiles that is little.
    private static int SharedBytes(GpuDevice device, int passes) => passes > PassesWithAnother
        ? device.MaxSharedBytesPerBlock - StaticBytes
        : ((device.MaxSharedBytesPerBlock + ReservedBytes - BytesOfAnAllReduce) / BlocksOfAMultiprocessor) - ReservedBytes - StaticBytes;

    private static int StagesIn(int bytes, int stageBytes, int weights)
    {
        var stages = Math.Clamp(bytes / stageBytes, 2, MostStages);
        return weights == 1 ? stages / 2 * 2 : stages;
    }

    private static int PartsBytes(int width) =>
        GroupsOfWarps * ChunksOfAStage * MostRows * (width % 16 == 8 ? width : width + 8) * sizeof(float);
}
