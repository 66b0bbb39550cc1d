namespace Fusion.Emulation.Ptx;

/// <summary>A function that a kernel has once and calls, because it is recursive or called through a pointer. Others are inlined.</summary>
internal sealed class CalledFunction(PtxFunction function, int entry)
{
    public PtxFunction Function { get; } = function;

    /// <summary>Label of its first instruction.</summary>
    public int Entry { get; } = entry;

    public InlineFrame Frame { get; set; } = null!;

    /// <summary>Number of the first of its registers, with those of the functions that are inlined into it.</summary>
    public int FirstRegister { get; set; }

    /// <summary>Number behind the last of its registers.</summary>
    public int EndRegister { get; set; }

    /// <summary>Size of its parameters, results and variables, which each call has anew.</summary>
    public int FrameBytes { get; set; }

    /// <summary>Labels behind the calls.</summary>
    public List<int> Returns { get; } = [];
}

/// <summary>A call of functions that are not inlined.</summary>
/// <param name="Callees">Functions that it may call; one, if there is no pointer.</param>
/// <param name="Pointer">Operand that says which; null for a name.</param>
/// <param name="Arguments">Places of the arguments.</param>
/// <param name="Results">Places of the results.</param>
internal sealed record CallSite(CalledFunction[] Callees, PtxOperand? Pointer, Storage[] Arguments, Storage[] Results);
