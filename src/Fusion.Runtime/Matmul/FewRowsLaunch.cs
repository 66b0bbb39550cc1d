namespace Fusion.Runtime;

/// <summary>What a block of a kernel for matrix products of few rows does.</summary>
public enum FewRowsKind
{
    /// <summary>One tile of 16 rows of the weight, by <c>multiply_few_rows</c> of <c>fusion/matmul/few_rows.cuh</c>.</summary>
    OneTile,

    /// <summary>Two tiles, by the same.</summary>
    TwoTiles,

    /// <summary>One tile behind the other, whose rows come to shared memory while others are multiplied, by
    /// <c>multiply_staged_rows</c> of <c>fusion/matmul/staged_rows.cuh</c>.</summary>
    Staged,

    /// <summary><see cref="FewRowsLaunch.TilesAtOnce"/> tiles at a time, whose rows come to shared memory while others are multiplied, by
    /// <c>multiply_ringed_rows</c> of <c>fusion/matmul/ringed_rows.cuh</c>.</summary>
    Ringed,
}

/// <summary>How a kernel for matrix products of few rows is launched: <c>x · wᵀ</c> for up to 16 rows of x, as decode has them. The sums
/// have the same bits for each kind.</summary>
public readonly record struct FewRowsLaunch
{
    /// <summary>Largest number of rows of x for all kinds but <see cref="FewRowsKind.OneTile"/>.</summary>
    public const int RowsAtOnce = 8;

    /// <summary>Largest number of rows of x.</summary>
    public const int MostRows = 16;

    /// <summary>Rows of the weight that make a tile.</summary>
    public const int TileRows = 16;

    private const int Block = 256;
    private const int BlocksOfAMultiprocessor = 2;

    // Bytes of each row of the weight that are asked for before the input is there; more hold up what the kernels ahead still read.
    private const int BytesAhead = 1024;

    // As staged_rows.cuh has them.
    private const int StagedBlock = 384;
    private const int StageBytes = TileRows * 1024;
    private const int StagedStaticBytes = 9 * 1024;
    private const int ReservedBytes = 1024;

    // With fewer stages, one block on a multiprocessor or more rows, Ringed is faster (bench/notes.md).
    private const int FewestStages = 4;
    private const int MostStages = 5;
    private const int StagesAhead = 4;
    private const int MostStagedRows = 2;

    // As ringed_rows.cuh has them.
    private const int ChunkBytes = 512;
    private const int MostChunks = 25;
    private const int StepBytes = 1024;
    private const int PartsOfAStep = 2;

    /// <summary>Which kernel.</summary>
    public FewRowsKind Kind { get; private init; }

    /// <summary>Tiles of the weight that a block multiplies at a time: 1, 2 or 4 for <see cref="FewRowsKind.Ringed"/>.</summary>
    public int TilesAtOnce { get; private init; }

    /// <summary>Grid, block and shared memory. The kernel may start while the one before it runs.</summary>
    public LaunchShape Shape { get; private init; }

    /// <summary>Parts of the weight that there is room for in dynamic shared memory: stages of 16 KiB for <see cref="FewRowsKind.Staged"/>, slots
    /// of a ring for <see cref="FewRowsKind.Ringed"/>; otherwise 0.</summary>
    public int Stages { get; private init; }

    /// <summary>What the kernel asks for before the kernels ahead of it have ended: stages for <see cref="FewRowsKind.Staged"/>, which it
    /// reads; 1 for <see cref="FewRowsKind.Ringed"/>, which reads as much as there is room for; 0 for nothing; otherwise bytes of each row
    /// of the weight, which it only brings nearer.</summary>
    public int Ahead { get; private init; }

    /// <summary>Gets the largest number of rows of x for which a GPU has kinds that run ahead, <see cref="FewRowsKind.Staged"/> and
    /// <see cref="FewRowsKind.Ringed"/>: <see cref="RowsAtOnce"/> or 0.</summary>
    /// <param name="device">The GPU.</param>
    public static int RowsAhead(GpuDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        // Measured on Hopper.
        return device.Capability.Major >= 9 && RingBytes(tilesAtOnce: 2, MostSlots(2)) <= SharedBytesOfABlock(device) ? RowsAtOnce : 0;
    }

    /// <summary>Chooses the kind that was measured to be the fastest.</summary>
    /// <param name="device">The GPU.</param>
    /// <param name="rows">Rows of x, 1 to <see cref="MostRows"/>.</param>
    /// <param name="tiles">Tiles of <see cref="TileRows"/> rows of the weight, 1 at least.</param>
    /// <param name="depth">Columns of x and of the weight, 1 at least.</param>
    /// <param name="type">Type of x and of the weight.</param>
    /// <param name="mayRunAhead">Whether <see cref="FewRowsKind.Staged"/> and <see cref="FewRowsKind.Ringed"/> may be chosen. Kernels behind
    /// each other are best all of them, or none: what one of them holds while it waits, the others do without.</param>
    /// <param name="isWeightReady">Whether the weight may be read while the kernels ahead still run: none of them writes it. Otherwise
    /// <see cref="Ahead"/> of the kinds that run ahead is 0.</param>
    public static FewRowsLaunch Of(
        GpuDevice device, int rows, int tiles, int depth, ElementType type, bool mayRunAhead = true, bool isWeightReady = true)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, MostRows);
        ArgumentOutOfRangeException.ThrowIfLessThan(tiles, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(depth, 1);
        if (mayRunAhead && rows <= RowsAhead(device))
        {
            return rows <= MostStagedRows && StagesBeside(rows * Pitch(depth), device) is var stages and >= FewestStages
                ? Staged(device, rows, tiles, depth, stages, isWeightReady)
                : Ringed(device, tiles, DeviceTensor.ByteCount(type, depth), isWeightReady);
        }

        var resident = Resident(device);
        // Two tiles a block where those of one would run in two rounds of which the second is hardly half full, and those of two fit in one.
        var isWide = rows <= RowsAtOnce && tiles > resident * 5 / 4 && tiles <= 2 * resident;
        return new()
        {
            Kind = isWide ? FewRowsKind.TwoTiles : FewRowsKind.OneTile,
            TilesAtOnce = isWide ? 2 : 1,
            Shape = new(isWide ? (tiles + 1) / 2 : tiles, Block) { ProgrammaticLaunch = true },
            Ahead = BytesAhead,
        };
    }

    private static FewRowsLaunch Staged(GpuDevice device, int rows, int tiles, int depth, int stages, bool isWeightReady) => new()
    {
        Kind = FewRowsKind.Staged,
        TilesAtOnce = 1,
        Shape = new(Math.Min(tiles, Resident(device)), StagedBlock)
        {
            SharedBytes = (int)((stages * StageBytes) + (rows * Pitch(depth))),
            ProgrammaticLaunch = true,
        },
        Stages = stages,
        Ahead = isWeightReady ? StagesAhead : 0,
    };

    private static FewRowsLaunch Ringed(GpuDevice device, int tiles, long rowBytes, bool isWeightReady)
    {
        // One tile a block if all of them are resident then; four at a time where two would need three passes or more.
        var blocks = Math.Min(tiles, Resident(device));
        var tilesAtOnce = tiles > 4 * blocks ? 4 : tiles > blocks ? 2 : 1;
        var slots = MostSlots(tilesAtOnce);
        // A block of one pass has no use for more.
        if (tiles <= tilesAtOnce * blocks) slots = (int)Math.Min(slots, (rowBytes + StepBytes - 1) / StepBytes * PartsOfAStep);
        return new()
        {
            Kind = FewRowsKind.Ringed,
            TilesAtOnce = tilesAtOnce,
            Shape = new(blocks, Block) { SharedBytes = RingBytes(tilesAtOnce, slots), ProgrammaticLaunch = true },
            Stages = slots,
            Ahead = isWeightReady ? 1 : 0,
        };
    }

    private static int Resident(GpuDevice device) => BlocksOfAMultiprocessor * device.MultiprocessorCount;

    private static int ChunksOfAPart(int tilesAtOnce) => 1 + (2 * tilesAtOnce);

    private static int MostSlots(int tilesAtOnce) => MostChunks / ChunksOfAPart(tilesAtOnce);

    private static int RingBytes(int tilesAtOnce, int slots) =>
        Block / 32 * ((slots * ChunksOfAPart(tilesAtOnce) * ChunkBytes) + (tilesAtOnce * TileRows * RowsAtOnce * sizeof(float)));

    // What each of the blocks on a multiprocessor may have, which has as much memory as one block may and what is reserved.
    private static int SharedBytesOfABlock(GpuDevice device) => ((device.MaxSharedBytesPerBlock + ReservedBytes) / BlocksOfAMultiprocessor) - ReservedBytes;

    // Of a row of x in shared memory, where its elements have 2 bytes.
    private static long Pitch(int depth) => (((2L * depth) + 127) / 128 * 128) + 16;

    // Stages that there is room for if two blocks are to share a multiprocessor.
    private static int StagesBeside(long bytesOfX, GpuDevice device) =>
        (int)Math.Clamp((SharedBytesOfABlock(device) - StagedStaticBytes - bytesOfX) / StageBytes, 0, MostStages);
}
