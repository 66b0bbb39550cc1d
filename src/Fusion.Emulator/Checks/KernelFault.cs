namespace Fusion.Emulation;

/// <summary>Kind of a kernel's mistake.</summary>
public enum FaultKind
{
    /// <summary>An access outside all allocations, or to memory of a GPU to which there is no peer access.</summary>
    OutOfBounds,

    /// <summary>An access to an address that is not a multiple of its size.</summary>
    Misaligned,

    /// <summary>An access to memory that was freed.</summary>
    UseAfterFree,

    /// <summary>A read of memory that nobody wrote.</summary>
    UninitializedRead,

    /// <summary>A barrier that not all threads reach, or not at the same instruction.</summary>
    DivergentBarrier,

    /// <summary>Two threads use the same shared memory between two barriers, and at least one writes it.</summary>
    SharedMemoryRace,

    /// <summary>Two threads of a launch use the same device memory, at least one writes it, and nothing orders them.</summary>
    GlobalMemoryRace,

    /// <summary>A launch writes device memory that it reads as data that does not change.</summary>
    ReadOnlyDataWritten,

    /// <summary>A copy or a fill uses memory that a kernel or a copy of another stream uses too, one of them writes it, and nothing orders
    /// them.</summary>
    MissingSynchronization,

    /// <summary>A block that runs longer than <see cref="EmulatorOptions.StepLimit"/>.</summary>
    StepLimit,

    /// <summary>An <c>assert</c> that does not hold.</summary>
    Assertion,

    /// <summary>A <c>__trap()</c>.</summary>
    Trap,

    /// <summary>An operand for which an instruction is undefined.</summary>
    IllegalInstruction,
}

/// <summary>A mistake that a kernel made on an emulated GPU. The launch fails, as on a GPU, with a CUDA error whose description
/// is <see cref="Message"/>.</summary>
/// <param name="Kind">Kind of the mistake.</param>
/// <param name="Message">Description in one paragraph, with all that is known.</param>
/// <param name="Kernel">Symbol of the kernel; empty where two copies are not ordered.</param>
/// <param name="Gpu">Ordinal of the GPU.</param>
/// <param name="Block">Block in the grid; the first one for a copy.</param>
/// <param name="Thread">Thread in the block; null if it was no single one.</param>
/// <param name="Address">Address of the access; 0 if it was none.</param>
/// <param name="PtxLine">Line of the PTX; -1 for none.</param>
/// <param name="Source">File and line of the source, such as <c>scale.cu:12</c>; null if the kernel was compiled without
/// <c>-lineinfo</c>.</param>
public sealed record KernelFault(
    FaultKind Kind, string Message, string Kernel, int Gpu, (int X, int Y, int Z) Block, (int X, int Y, int Z)? Thread, ulong Address,
    int PtxLine, string? Source);
