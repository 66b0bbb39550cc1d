namespace Fusion.Emulation.Ptx;

/// <summary>What an instruction does to the flow of control.</summary>
internal enum Flow
{
    /// <summary>The next instruction follows.</summary>
    Next,

    /// <summary>A jump; with a guard, the next instruction follows for lanes that it excludes.</summary>
    Jump,

    /// <summary>A jump to one of several targets.</summary>
    Table,

    /// <summary>A call of a function that is not inlined. The last target is the label behind it.</summary>
    Call,

    /// <summary>The end of such a function.</summary>
    Return,

    /// <summary>The thread ends; with a guard, only lanes that it includes.</summary>
    Exit,
}

/// <summary>Place of a variable in memory: its space and its offset there, which is one in the frame of a function that is called, or the symbol of a
/// module's variable.</summary>
internal readonly record struct Storage(PtxSpace Space, int Offset, string? Symbol = null, CalledFunction? In = null);

/// <summary>A function as it is inlined at one place.</summary>
internal sealed class InlineFrame(PtxFunction function, InlineFrame? caller, int registerBase)
{
    public PtxFunction Function { get; } = function;

    public InlineFrame? Caller { get; } = caller;

    /// <summary>Number of the function's first register among those of the kernel.</summary>
    public int RegisterBase { get; } = registerBase;

    public Dictionary<string, Storage> Variables { get; } = [];

    /// <summary>The function whose call has the variables; null for the kernel.</summary>
    public CalledFunction? In { get; init; } = caller?.In;

    /// <summary>Number of the first label of the function.</summary>
    public int LabelBase { get; set; }
}

/// <summary>An instruction of a kernel into which all functions are inlined.</summary>
/// <param name="Ptx">The instruction in the text.</param>
/// <param name="Frame">The function that has it.</param>
/// <param name="Flow">What it does to the flow of control.</param>
/// <param name="Targets">Labels to which it jumps; behind <see cref="BlockOrder"/>, numbers of instructions.</param>
/// <param name="Site">What it calls.</param>
internal sealed record FlatInstruction(PtxInstruction Ptx, InlineFrame Frame, Flow Flow = Flow.Next, int[]? Targets = null, CallSite? Site = null)
{
    /// <summary>Register of the guard among those of the kernel; -1 for none.</summary>
    public int Guard => Ptx.Guard < 0 ? -1 : Ptx.Guard + Frame.RegisterBase;

    public bool IsGuarded => Ptx.Guard >= 0;
}

/// <summary>A kernel with its functions.</summary>
internal sealed class FlatCode(PtxFunction kernel)
{
    /// <summary>Room for the frames of functions that are not inlined, for each thread.</summary>
    public const int StackBytes = 16 << 10;

    public PtxFunction Kernel { get; } = kernel;

    /// <summary>Offset in local memory at which the frames begin.</summary>
    public int StackStart { get; set; }

    public List<FlatInstruction> Instructions { get; set; } = [];

    /// <summary>Number of the instruction at each label.</summary>
    public List<int> Labels { get; } = [];

    public List<PtxType> Registers { get; } = [];

    /// <summary>Offset of each parameter in the block of parameters, and its size.</summary>
    public List<(int Offset, int Bytes)> Parameters { get; } = [];

    public int ParameterBytes { get; set; }

    /// <summary>Static shared memory of a block.</summary>
    public int SharedBytes { get; set; }

    /// <summary>Alignment of the dynamic shared memory, which starts behind the static one.</summary>
    public int DynamicSharedAlignment { get; set; } = 1;

    /// <summary>Local memory of a thread.</summary>
    public int LocalBytes { get; set; }

    /// <summary>Whether each instruction begins a basic block, behind <see cref="BlockOrder"/>.</summary>
    public bool[] IsLeader { get; set; } = [];
}
