namespace Fusion.Emulation;

/// <summary>Settings of the emulated machine.</summary>
public sealed record EmulatorOptions
{
    /// <summary>Number of GPUs, from 1 to 16. The default is one.</summary>
    public int Gpus { get; init; } = 1;

    /// <summary>Compute capability of the GPUs: major and minor number. The default is that of Hopper, 9.0.</summary>
    public Version Capability { get; init; } = new(9, 0);

    /// <summary>Number of multiprocessors of a GPU, which limits how many blocks are there at the same time. The default is 16,
    /// less than a real GPU has, so that a launch does not need much memory.</summary>
    public int Multiprocessors { get; init; } = 16;

    /// <summary>Memory of a GPU in bytes. The default is 4 GiB; it takes memory of the host as it is allocated.</summary>
    public long MemoryBytes { get; init; } = 4L << 30;

    /// <summary>Number of threads that run blocks. The default is the number of processors.</summary>
    public int Workers { get; init; } = Environment.ProcessorCount;

    /// <summary>Seed of the order in which things happen that may happen in any: turns of blocks and warps are given by it, and
    /// stores to another GPU's memory arrive late, word by word, in an order that only a fence, a store with release or the end of
    /// the kernel ties down. One worker then does all, so that the same seed gives the same order as far as the program
    /// itself launches in the same order. Null, the default, for turns in order and stores that arrive at once.</summary>
    public int? Seed { get; init; }

    /// <summary>Whether memory of another process can be opened by an IPC handle. The default is true; false for what happens in containers
    /// that do not share their namespace of processes, where only file descriptors are left.</summary>
    public bool AllowsIpc { get; init; } = true;

    /// <summary>Mistakes of kernels that are looked for besides those that no kernel survives. The default is all.</summary>
    public KernelChecks Checks { get; init; } = KernelChecks.All;

    /// <summary>Number of instructions that the warps of a block may run together, before the block counts as one that never
    /// ends. The default is two billion, which take minutes.</summary>
    public long StepLimit { get; init; } = 2_000_000_000;

    /// <summary>What one thread of each launch does, instruction by instruction. Null, the default, for what the environment variable
    /// <c>FUSION_EMULATOR_TRACE</c> says, or nothing: <c>trace.txt;kernel=scale;block=1,0,0;thread=3,0,0;steps=1000</c>, of which all but the file may
    /// be missing.</summary>
    public EmulatorTrace? Trace { get; init; }

    /// <summary>Path of a file that tells how many threads ran each line of the kernels' sources, in lcov's format; <c>%p</c> becomes the number of the
    /// process. It is written by <see cref="Emulator.Leave"/>, the next <see cref="Emulator.Use"/> and at the end of the process, and counts all that ran in the
    /// process. Kernels must be built with <c>FusionLineInfo=true</c>. Null, the default, for what the environment variable
    /// <c>FUSION_EMULATOR_COVERAGE</c> says, or none.</summary>
    public string? CoverageFile { get; init; }
}

/// <summary>Mistakes of kernels that are looked for on request. An access outside all memory and a misaligned one are always
/// found.</summary>
[Flags]
public enum KernelChecks
{
    /// <summary>None of them.</summary>
    None = 0,

    /// <summary>Reads of device memory and shared memory that nobody wrote.</summary>
    UninitializedReads = 1,

    /// <summary>Barriers that not all threads of a block reach, or not at the same instruction.</summary>
    Barriers = 2,

    /// <summary>Races in shared memory.</summary>
    SharedMemoryRaces = 4,

    /// <summary>Races in device memory: two threads of a launch use the same bytes, at least one writes a different value, and nothing that
    /// could order them came between.</summary>
    GlobalMemoryRaces = 8,

    /// <summary>Writes to device memory that the same launch reads as data that does not change: <c>ld.global.nc</c>, which the compiler
    /// makes of <c>const __restrict__</c> pointers and <c>__ldg</c>.</summary>
    ReadOnlyData = 16,

    /// <summary>Copies and fills that use the same device memory as a kernel or a copy of another stream, one of the two writing, where neither
    /// a wait of the host nor an event orders them: a host that reads a result before it synchronized with the kernel's stream.</summary>
    Synchronization = 32,

    /// <summary>All of them.</summary>
    All = UninitializedReads | Barriers | SharedMemoryRaces | GlobalMemoryRaces | ReadOnlyData | Synchronization,
}
