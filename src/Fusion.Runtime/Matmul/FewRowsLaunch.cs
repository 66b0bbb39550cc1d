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
}

/// <summary>How a kernel for matrix products of few rows is launched: <c>x · wᵀ</c> for up to 16 rows of x, as decode has them. The sums
/// have the same bits for each kind.</summary>
public readonly record struct FewRowsLaunch
{
    /// <summary>Largest number of rows of x for <see cref="FewRowsKind.TwoTiles"/>.</summary>
    public const int RowsAtOnce = 8;

    /// <summary>Largest number of rows of x.</summary>
    public const int MostRows = 16;

    /// <summary>Largest number of rows of x for <see cref="FewRowsKind.Staged"/>.</summary>
    public const int MostStagedRows = 2;

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

    // With fewer stages, one block on a multiprocessor or more rows, the other kinds are faster (bench/notes.md).
    private const int FewestStages = 4;
    private const int MostStages = 5;
    private const int StagesAhead = 4;

    /// <summary>Which kernel.</summary>
    public FewRowsKind Kind { get; private init; }

    /// <summary>Grid, block and shared memory. The kernel may start while the one before it runs.</summary>
    public LaunchShape Shape { get; private init; }

    /// <summary>Stages of 16 KiB in shared memory, for <see cref="FewRowsKind.Staged"/>; otherwise 0.</summary>
    public int Stages { get; private init; }

    /// <summary>What the kernel asks for before the kernels ahead of it have ended: stages for <see cref="FewRowsKind.Staged"/>, which it
    /// reads; otherwise bytes of each row of the weight, which it only brings nearer.</summary>
    public int Ahead { get; private init; }

    /// <summary>Gets the largest number of rows of x, up to <see cref="MostStagedRows"/>, for which there is <see cref="FewRowsKind.Staged"/> on a
    /// GPU; 0 for none.</summary>
    /// <param name="device">The GPU.</param>
    /// <param name="depth">Columns of x and of the weight, 1 at least.</param>
    public static int StagedRows(GpuDevice device, int depth)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentOutOfRangeException.ThrowIfLessThan(depth, 1);
        var rows = MostStagedRows;
        while (rows > 0 && StagesBeside(rows * Pitch(depth), device) < FewestStages) rows--;
        return rows;
    }

    /// <summary>Chooses the kind that was measured to be the fastest.</summary>
    /// <param name="device">The GPU.</param>
    /// <param name="rows">Rows of x, 1 to <see cref="MostRows"/>.</param>
    /// <param name="tiles">Tiles of <see cref="TileRows"/> rows of the weight, 1 at least.</param>
    /// <param name="depth">Columns of x and of the weight, 1 at least.</param>
    /// <param name="mayBeStaged">Whether <see cref="FewRowsKind.Staged"/> may be chosen. Kernels behind each other are best all of it, or none:
    /// what one of them holds while it waits, the others do without.</param>
    /// <param name="isWeightReady">Whether the weight may be read while the kernels ahead still run: none of them writes it. Otherwise
    /// <see cref="Ahead"/> of <see cref="FewRowsKind.Staged"/> is 0.</param>
    public static FewRowsLaunch Of(GpuDevice device, int rows, int tiles, int depth, bool mayBeStaged = true, bool isWeightReady = true)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, MostRows);
        ArgumentOutOfRangeException.ThrowIfLessThan(tiles, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(depth, 1);
        var resident = BlocksOfAMultiprocessor * device.MultiprocessorCount;
        if (mayBeStaged && rows <= StagedRows(device, depth))
        {
            var bytesOfX = rows * Pitch(depth);
            var stages = StagesBeside(bytesOfX, device);
            return new()
            {
                Kind = FewRowsKind.Staged,
                Shape = new(Math.Min(tiles, resident), StagedBlock) { SharedBytes = (int)((stages * StageBytes) + bytesOfX), ProgrammaticLaunch = true },
                Stages = stages,
                Ahead = isWeightReady ? StagesAhead : 0,
            };
        }

        // Two tiles a block where those of one would run in two rounds of which the second is hardly half full, and those of two fit in one.
        var isWide = rows <= RowsAtOnce && tiles > resident * 5 / 4 && tiles <= 2 * resident;
        return new()
        {
            Kind = isWide ? FewRowsKind.TwoTiles : FewRowsKind.OneTile,
            Shape = new(isWide ? (tiles + 1) / 2 : tiles, Block) { ProgrammaticLaunch = true },
            Ahead = BytesAhead,
        };
    }

    // Of a row of x in shared memory, where its elements have 2 bytes.
    private static long Pitch(int depth) => (((2L * depth) + 127) / 128 * 128) + 16;

    // Stages that there is room for if two blocks are to share a multiprocessor, which has as much memory as a block may have and what is reserved.
    private static int StagesBeside(long bytesOfX, GpuDevice device)
    {
        if (device.Capability.Major < 9) return 0;
        var ofABlock = ((device.MaxSharedBytesPerBlock + ReservedBytes) / BlocksOfAMultiprocessor) - ReservedBytes;
        return (int)Math.Clamp((ofABlock - StagedStaticBytes - bytesOfX) / StageBytes, 0, MostStages);
    }
}
