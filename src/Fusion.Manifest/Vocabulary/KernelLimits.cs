namespace Fusion.Manifest;

/// <summary>Limits that the all-reduce kernels and the host must agree on. A test compares them with the constants of
/// kernels/cu/fusion/base/limits.cuh, whose names begin with k.</summary>
internal static class KernelLimits
{
    /// <summary>Largest number of ranks of a collective.</summary>
    public const int MaxRanks = 16;

    /// <summary>Size in bytes of the part of a workspace before the first buffer.</summary>
    public const int ControlBytes = 256;

    /// <summary>Number of buffers in a workspace: the calls of a rank use them in turn.</summary>
    public const int Buffers = 2;

    /// <summary>Value of each byte of a buffer before the first call.</summary>
    public const int UnwrittenByte = 255;

    /// <summary>Number of elements of a vector, which a thread reads at once and of which a row has a whole
    /// number.</summary>
    public const int RowVector = 8;

    /// <summary>Number of elements in the longest row.</summary>
    public const int LongestRow = 32768;

    /// <summary>Largest number of threads in a block.</summary>
    public const int MaxThreads = 1024;

    /// <summary>Number of vectors that a thread holds in the built-in kernels for short rows, of at most
    /// <see cref="MaxThreads"/> vectors.</summary>
    public const int OctetsOfShortRow = 1;

    /// <summary>Number of vectors that a thread holds in the built-in kernels for longer rows; no kernel holds more.</summary>
    public const int OctetsOfLongRow = 4;

    /// <summary>Number of peers that a thread polls at a time in the built-in kernels for short rows and 2 ranks.</summary>
    public const int PeersOfTwoRanks = 1;

    /// <summary>Number of peers that a thread polls at a time in the built-in kernels for 3 and 4 ranks, for f32 and more
    /// ranks, and for all long rows.</summary>
    public const int PeersOfFewRanks = 3;

    /// <summary>Number of peers that a thread polls at a time in the built-in kernels for more ranks; no kernel polls
    /// more.</summary>
    public const int PeersOfManyRanks = 7;

    /// <summary>Number of elements in a block of NVFP4, which share a scale.</summary>
    public const int NvFp4Block = 16;

    /// <summary>Number of elements in a block of MXFP8, which share a scale.</summary>
    public const int MxFp8Block = 32;

    /// <summary>Number of elements in the largest group of per-group FP8 that needs no dynamic shared memory, if it is a power of
    /// two.</summary>
    public const int LargestGroupInWarp = 256;

    /// <summary>Size in bytes of the dynamic shared memory of a block for each other group of a row.</summary>
    public const int SharedBytesOfGroup = 4;

    /// <summary>Number of threads in a block of the collectives that move octets.</summary>
    public const int CollectiveThreads = 256;

    /// <summary>Number of threads in a block that chooses the largest numbers of a row.</summary>
    public const int SelectionThreads = 512;

    /// <summary>Number of groups of these threads, of which each finds its largest number first.</summary>
    public const int SelectionGroups = 256;

    /// <summary>Largest number of choices of a row.</summary>
    public const int MostChoices = 256;
}
