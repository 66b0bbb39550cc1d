using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Which quantization.</summary>
public enum QuantizationKind
{
    /// <summary>None.</summary>
    None,

    /// <summary>e4m3 with one scale that is given.</summary>
    StaticFp8,

    /// <summary>e4m3 with a scale for each token.</summary>
    PerTokenFp8,

    /// <summary>e4m3 with a scale for each group of elements.</summary>
    PerGroupFp8,

    /// <summary>e2m1 in blocks of 16 with e4m3 scales and a global scale that is given.</summary>
    NvFp4,

    /// <summary>e4m3 in blocks of 32 with UE8M0 scales.</summary>
    MxFp8,
}

/// <summary>Where the scale of a block is: docs/numbers.md, step 5.</summary>
public enum ScaleLayout
{
    /// <summary>Row-major.</summary>
    Linear,

    /// <summary>Tiles of 8 rows and 4 blocks, padded with zeros.</summary>
    Swizzled8x4,

    /// <summary>Tiles of 128 rows and 4 blocks, as block-scaled tensor cores read them, padded with zeros.</summary>
    Swizzled128x4,
}

/// <summary>The quantization of an all-reduce: formulas in docs/numbers.md, step 4.</summary>
public readonly record struct Quantization
{
    /// <summary>Elements of a block of NVFP4.</summary>
    public const int NvFp4Block = KernelLimits.NvFp4Block;

    /// <summary>Elements of a block of MXFP8.</summary>
    public const int MxFp8Block = KernelLimits.MxFp8Block;

    /// <summary>Which quantization; the default is none.</summary>
    public QuantizationKind Kind { get; init; }

    /// <summary>One float on the device: the scale of static FP8, the global scale of NVFP4; null for the others.</summary>
    public DeviceTensor? Scale { get; init; }

    /// <summary>Elements that share a scale, of per-group FP8.</summary>
    public int GroupSize { get; init; }

    /// <summary>Type of the scales of per-group FP8: <see cref="ElementType.Float32"/> or
    /// <see cref="ElementType.Float8UE8M0"/>.</summary>
    public ElementType GroupScaleType { get; init; }

    /// <summary>Where the scales of NVFP4 and MXFP8 are.</summary>
    public ScaleLayout Layout { get; init; }

    /// <summary>FP8 with one scale.</summary>
    /// <param name="scale">One float on the device, by which the numbers are divided.</param>
    public static Quantization StaticFp8(DeviceTensor scale) => new() { Kind = QuantizationKind.StaticFp8, Scale = scale };

    /// <summary>FP8 with a scale for each token.</summary>
    public static Quantization PerTokenFp8() => new() { Kind = QuantizationKind.PerTokenFp8 };

    /// <summary>FP8 with a scale for each group of elements.</summary>
    /// <param name="groupSize">A multiple of 8 that divides the hidden size, mostly 128.</param>
    /// <param name="scaleType"><see cref="ElementType.Float32"/>, or <see cref="ElementType.Float8UE8M0"/> for powers of
    /// two.</param>
    public static Quantization PerGroupFp8(int groupSize = 128, ElementType scaleType = ElementType.Float32) =>
        new() { Kind = QuantizationKind.PerGroupFp8, GroupSize = groupSize, GroupScaleType = scaleType };

    /// <summary>NVFP4.</summary>
    /// <param name="globalScale">One float on the device: mostly 448 · 6 / (largest number of the tensor).</param>
    /// <param name="layout">Where the scales are.</param>
    public static Quantization NvFp4(DeviceTensor globalScale, ScaleLayout layout = ScaleLayout.Swizzled128x4) =>
        new() { Kind = QuantizationKind.NvFp4, Scale = globalScale, Layout = layout };

    /// <summary>MXFP8 (OCP Microscaling Formats 1.0).</summary>
    /// <param name="layout">Where the scales are.</param>
    public static Quantization MxFp8(ScaleLayout layout = ScaleLayout.Swizzled128x4) =>
        new() { Kind = QuantizationKind.MxFp8, Layout = layout };
}
