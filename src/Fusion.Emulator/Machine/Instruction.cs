using Fusion.Emulation.Ptx;

namespace Fusion.Emulation.Machine;

/// <summary>An instruction, decoded: what it does to the lanes of a warp. Operands are offsets into the warp's memory of
/// registers, where the values of the 32 lanes stand side by side; an immediate is a register that is never written.</summary>
internal abstract class Instruction
{
    /// <summary>Offset of the guard's predicate; -1 for none.</summary>
    public int Guard { get; set; } = -1;

    public bool GuardIsNegated { get; set; }

    /// <summary>Whether it begins a basic block, where lanes that parted may meet again.</summary>
    public bool IsLeader { get; set; }

    /// <summary>Does the instruction.</summary>
    /// <param name="warp">The warp, whose program counter already points behind the instruction.</param>
    /// <param name="mask">Lanes that do it, at least one.</param>
    public abstract void Run(Warp warp, uint mask);
}

/// <summary>A kernel, ready to run.</summary>
internal sealed class KernelCode
{
    public required string Name { get; init; }

    public required FlatCode Flat { get; init; }

    public required Instruction[] Instructions { get; init; }

    /// <summary>Instructions of the text, by the number of the decoded one.</summary>
    public required PtxInstruction[] Origins { get; init; }

    /// <summary>Offset of each register in a warp's memory of registers.</summary>
    public required int[] RegisterOffsets { get; init; }

    /// <summary>Size of a warp's memory of registers.</summary>
    public required int RegisterBytes { get; init; }

    /// <summary>Initial bytes of the first part of a warp's memory: immediates, and room for special registers.</summary>
    public required byte[] Constants { get; init; }

    /// <summary>Immediates that are addresses of the module's variables.</summary>
    public required IReadOnlyList<(int Slot, string Symbol, long Offset)> Addresses { get; init; }

    /// <summary>Offsets of the special registers that it uses.</summary>
    public required IReadOnlyList<(string Name, int Slot)> Specials { get; init; }
}
