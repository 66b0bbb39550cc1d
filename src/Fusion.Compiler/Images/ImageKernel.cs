using Fusion.Manifest;

namespace Fusion.Compiler.Images;

/// <summary>A kernel as an image describes it, before source and names are known.</summary>
/// <param name="Symbol">Symbol in the image.</param>
/// <param name="Parameters">Parameters, in order.</param>
internal sealed record ImageKernel(string Symbol, IReadOnlyList<ImageParameter> Parameters)
{
    /// <summary>32-bit registers a thread; null where the image does not say.</summary>
    public int? Registers { get; init; }

    /// <summary>Static shared memory a block, in bytes; null where the image does not say.</summary>
    public int? SharedBytes { get; init; }

    /// <summary>Local memory a thread, in bytes; null where the image does not say.</summary>
    public int? LocalBytes { get; init; }

    /// <summary>The most threads a block may have; null without a bound.</summary>
    public int? MaxThreads { get; init; }

    /// <summary>Bytes of arrays in local memory that the kernel's PTX declares; 0 in a cubin, which does not tell them from
    /// spilled registers.</summary>
    public int LocalArrayBytes { get; init; }

    /// <summary>Figures of the kernel's machine code; null in PTX.</summary>
    public MachineCode? Code { get; init; }
}

/// <summary>A parameter's place in the parameter block.</summary>
/// <param name="Offset">Where it starts, in bytes.</param>
/// <param name="Size">Size, in bytes.</param>
/// <param name="Alignment">What the PTX aligns it to, in bytes; 0 in a cubin, which has placed it already.</param>
/// <param name="Type">The PTX type, <c>u64</c> or <c>b8[16]</c>; empty in a cubin, which knows none.</param>
internal readonly record struct ImageParameter(int Offset, int Size, int Alignment = 0, string Type = "")
{
    private const int BlockAlignment = 16;

    /// <summary>Whether the parameter's place depends on the chip.</summary>
    /// <remarks>Since sm_70 the parameter block itself is aligned to 16 bytes alone, at another address on each generation,
    /// and what asks for more is aligned by its address, not by its offset in the block.</remarks>
    public bool IsPlacedByChip => Alignment > BlockAlignment;
}

/// <summary>A variable as an image has it.</summary>
/// <param name="Symbol">Symbol in the image.</param>
/// <param name="Kind">Kind of its memory.</param>
/// <param name="Size">Size in bytes.</param>
internal sealed record ImageVariable(string Symbol, VariableKind Kind, long Size);
