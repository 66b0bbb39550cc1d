namespace Fusion.Emulation.Ptx;

/// <summary>State space of a variable or an access.</summary>
internal enum PtxSpace
{
    Generic, Global, Const, Shared, Local, Param,
}

/// <summary>A place in a source file, from <c>-lineinfo</c>.</summary>
/// <param name="Files">Files by number, which the module lists at its end.</param>
/// <param name="File">Number of the file.</param>
/// <param name="Line">Number of the line.</param>
internal sealed record SourceLine(IReadOnlyDictionary<int, string> Files, int File, int Line)
{
    public string FileName => Files.GetValueOrDefault(File, $"file {File}");

    public override string ToString() => $"{FileName}:{Line}";
}

/// <summary>A module of PTX.</summary>
internal sealed class PtxModule
{
    private CallGraph? calls;

    public Version Version { get; set; } = new(0, 0);

    public string Target { get; set; } = "";

    public Dictionary<string, PtxVariable> Variables { get; } = [];

    public Dictionary<string, PtxFunction> Functions { get; } = [];

    /// <summary>Source files by the number that <c>.loc</c> uses.</summary>
    public Dictionary<int, string> Files { get; } = [];

    /// <summary>Calls of the functions, once all are read.</summary>
    public CallGraph Calls => calls ??= new(this);

    public IEnumerable<PtxFunction> Kernels => Functions.Values.Where(function => function.IsKernel);
}

/// <summary>A variable, or a parameter.</summary>
internal sealed class PtxVariable(string name, PtxSpace space, PtxType type, int line)
{
    public string Name { get; } = name;

    public PtxSpace Space { get; } = space;

    public PtxType Type { get; } = type;

    public int Line { get; } = line;

    public int Alignment { get; set; } = type.Bytes();

    /// <summary>Size in bytes; 0 for an array whose size the launch sets.</summary>
    public int Bytes { get; set; } = type.Bytes();

    public bool IsExternal { get; set; }

    /// <summary>Initial bytes; null for zeros.</summary>
    public byte[]? Initial { get; set; }

    /// <summary>Addresses of other variables among the initial bytes.</summary>
    public List<(int At, string Symbol, long Offset, bool IsGeneric)> Addresses { get; } = [];
}

/// <summary>A register.</summary>
internal sealed record PtxRegister(string Name, PtxType Type);

/// <summary>A kernel or a function.</summary>
internal sealed class PtxFunction(string name, bool isKernel, int line)
{
    public string Name { get; } = name;

    public bool IsKernel { get; } = isKernel;

    public int Line { get; } = line;

    public List<PtxVariable> Results { get; } = [];

    public List<PtxVariable> Parameters { get; } = [];

    public List<PtxRegister> Registers { get; } = [];

    /// <summary>Variables of the body, in spaces shared, local and param. Names are unique in the function.</summary>
    public Dictionary<string, PtxVariable> Variables { get; } = [];

    public List<PtxInstruction> Body { get; } = [];

    /// <summary>Index in the body of the instruction behind each label.</summary>
    public Dictionary<string, int> Labels { get; } = [];

    /// <summary>Jump tables by name.</summary>
    public Dictionary<string, string[]> BranchTargets { get; } = [];

    /// <summary>Largest number of threads of a block from the launch bounds; 0 for none.</summary>
    public int MaxThreads { get; set; }

    /// <summary>Required shape of a block; null for any.</summary>
    public int[]? RequiredBlock { get; set; }

    /// <summary>Required shape of a cluster; null for any.</summary>
    public int[]? RequiredCluster { get; set; }

    public bool HasBody { get; set; }
}

/// <summary>An instruction.</summary>
/// <param name="Opcode">First word of the opcode, such as <c>ld</c>.</param>
/// <param name="Modifiers">Other words of the opcode, such as <c>global</c> and <c>u32</c>.</param>
/// <param name="Operands">Operands in the order of the text.</param>
/// <param name="Line">Line of the PTX.</param>
/// <param name="Source">Line of the source; null if unknown.</param>
internal sealed record PtxInstruction(string Opcode, string[] Modifiers, PtxOperand[] Operands, int Line, SourceLine? Source)
{
    /// <summary>Register of the predicate that guards the instruction; -1 for none.</summary>
    public int Guard { get; init; } = -1;

    public bool GuardIsNegated { get; init; }

    public string Text => Modifiers.Length == 0 ? Opcode : $"{Opcode}.{string.Join('.', Modifiers)}";

    public bool Has(string modifier) => Array.IndexOf(Modifiers, modifier) >= 0;

    /// <summary>Type that the instruction names last; None if it names none.</summary>
    public PtxType Type => TypeAt(0);

    /// <summary>Type counted from the end of the opcode: 0 is the last one.</summary>
    public PtxType TypeAt(int fromEnd)
    {
        for (var i = Modifiers.Length - 1; i >= 0; i--)
            if (PtxTypes.TryParse(Modifiers[i], out var type) && fromEnd-- == 0) return type;
        return PtxType.None;
    }
}

/// <summary>Kind of an operand.</summary>
internal enum OperandKind
{
    Register, Special, Immediate, Symbol, Address, Vector, List, Sink,
}

/// <summary>An operand.</summary>
/// <param name="Kind">Kind of the operand.</param>
/// <param name="Register">Index of the register: the operand, the base of an address, or the first of a pair; -1 for
/// none.</param>
/// <param name="Name">Name of a symbol, special register or label.</param>
/// <param name="Value">Bits of an immediate, or offset of an address or symbol.</param>
/// <param name="Parts">Elements of a vector or list; the second register of a pair.</param>
/// <param name="IsNegated">Whether a predicate is negated.</param>
internal sealed record PtxOperand(
    OperandKind Kind, int Register = -1, string Name = "", long Value = 0, PtxOperand[]? Parts = null, bool IsNegated = false)
{
    /// <summary>Whether the immediate was written as a number with a fraction or as bits of a float: of 4 bytes, of 8, or
    /// 0 for an integer.</summary>
    public int FloatBytes { get; init; }
}
