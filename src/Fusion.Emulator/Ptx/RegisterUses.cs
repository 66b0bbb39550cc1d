namespace Fusion.Emulation.Ptx;

/// <summary>Tells which registers an instruction reads and writes.</summary>
internal static class RegisterUses
{
    private static readonly HashSet<string> WithoutDestination =
    [
        "st", "red", "bra", "brx", "ret", "exit", "bar", "barrier", "membar", "fence", "prefetch", "prefetchu", "applypriority",
        "discard", "cp", "trap", "brkpt", "nanosleep", "griddepcontrol", "stmatrix", "pmevent", "call", "setmaxnreg", "mbarrier",
    ];

    /// <summary>Whether the first operand is what the instruction writes.</summary>
    public static bool HasDestination(PtxInstruction instruction)
    {
        if (instruction.Operands is not [var first, ..] || first.Kind == OperandKind.Address) return false;
        return instruction.Opcode switch
        {
            "bar" or "barrier" => instruction.Has("red"),
            "wmma" => instruction.Modifiers[0] != "store",
            "wgmma" => instruction.Modifiers[0] == "mma_async",
            "mbarrier" => instruction.Operands.Length > 1 && first.Kind == OperandKind.Register,
            var opcode => !WithoutDestination.Contains(opcode),
        };
    }

    /// <summary>Adds the registers, numbered as in the kernel, that an instruction writes and reads.</summary>
    public static void Add(FlatInstruction instruction, List<int> written, List<int> read)
    {
        if (instruction.IsGuarded) read.Add(instruction.Guard);
        var operands = instruction.Ptx.Operands;
        var hasDestination = HasDestination(instruction.Ptx);
        for (var i = 0; i < operands.Length; i++)
            AddOperand(operands[i], instruction.Frame.RegisterBase, i == 0 && hasDestination ? written : read);
        // Lanes that the guard excludes keep what they had, and wgmma adds to it.
        if (instruction.IsGuarded || instruction.Ptx.Opcode == "wgmma") read.AddRange(written);
    }

    private static void AddOperand(PtxOperand operand, int registerBase, List<int> to)
    {
        if (operand.Register >= 0) to.Add(operand.Register + registerBase);
        foreach (var part in operand.Parts ?? []) AddOperand(part, registerBase, to);
    }
}
