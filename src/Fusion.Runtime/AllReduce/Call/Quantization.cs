using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Kind of a quantization.</summary>
public enum QuantizationKind
{
    /// <summary>No quantization.</summary>
    None,

    /// <summary>FP8 (e4m3) with one given scale.</summary>
    StaticFp8,

    /// <summary>FP8 (e4m3) with a scale for each token.</summary>
    PerTokenFp8,

    /// <summary>FP8 (e4m3) with a scale for each group of elements.</summary>
    PerGroupFp8,

    /// <summary>NVFP4: e2m1 in blocks of 16 elements with e4m3 scales and a given global scale.</summary>
    NvFp4,

    /// <summary>MXFP8: e4m3 in blocks of 32 elements with UE8M0 scales.</summary>
    MxFp8,
}

/// <summary>Layout of block scales in memory: docs/numbers.md, step 5.</summary>
public enum ScaleLayout
{
    /// <summary>Row-major, without padding.</summary>
    Linear,

    /// <summary>Tiles of 8 rows and 4 blocks, padded with zeros.</summary>
    Swizzled8x4,

    /// <summary>Tiles of 128 rows and 4 blocks, as block-scaled tensor cores read them, padded with zeros.</summary>
    Swizzled128x4,
}

/// <summary>Quantization in the epilogue of an all-reduce. The formulas are in docs/numbers.md, step 4.</summary>
public readonly record struct Quantization
{
    /// <summary>Number of elements of a block of NVFP4.</summary>
    public const int NvFp4Block = KernelLimits.NvFp4Block;

    /// <summary>Number of elements of a block of MXFP8.</summary>
    public const int MxFp8Block = KernelLimits.MxFp8Block;

    /// <summary>Kind of the quantization; none by default.</summary>
    public QuantizationKind Kind { get; internal init; }

    /// <summary>Scale of static FP8 or global scale of NVFP4: one f32 in the rank's memory; null where the quantization takes none.</summary>
    public DeviceTensor? Scale { get; internal init; }

    /// <summary>Number of elements that share a scale in per-group FP8.</summary>
    public int GroupSize { get; internal init; }

    /// <summary>Type of the scales of per-group FP8: <see cref="ElementType.Float32"/> or
    /// <see cref="ElementType.Float8UE8M0"/>.</summary>
    public ElementType GroupScaleType { get; internal init; }

    /// <summary>Layout of the scales of NVFP4 and MXFP8.</summary>
    public ScaleLayout Layout { get; internal init; }

    /// <summary>Makes a quantization to FP8 with one given scale.</summary>
    /// <param name="scale">One f32 in the rank's memory, by which the elements are divided.</param>
    public static Quantization StaticFp8(DeviceTensor scale) => new() { Kind = QuantizationKind.StaticFp8, Scale = scale };

    /// <summary>Makes a quantization to FP8 with a scale for each token.</summary>
    public static Quantization PerTokenFp8() => new() { Kind = QuantizationKind.PerTokenFp8 };

    /// <summary>Makes a quantization to FP8 with a scale for each group of elements.</summary>
    /// <param name="groupSize">Number of elements of a group: a multiple of 8 that divides the hidden size, mostly
    /// 128.</param>
    /// <param name="scaleType">Type of the scales: <see cref="ElementType.Float32"/>, or
    /// <see cref="ElementType.Float8UE8M0"/> for powers of two.</param>
    public static Quantization PerGroupFp8(int groupSize = 128, ElementType scaleType = ElementType.Float32) =>
        new() { Kind = QuantizationKind.PerGroupFp8, GroupSize = groupSize, GroupScaleType = scaleType };

    /// <summary>Makes a quantization to NVFP4.</summary>
    /// <param name="globalScale">One f32 in the rank's memory: mostly 448 · 6 / (largest magnitude of the tensor).</param>
    /// <param name="layout">Layout of the scales.</param>
    public static Quantization NvFp4(DeviceTensor globalScale, ScaleLayout layout = ScaleLayout.Swizzled128x4) =>
        new() { Kind = QuantizationKind.NvFp4, Scale = globalScale, Layout = layout };

    /// <summary>Makes a quantization to MXFP8 (OCP Microscaling Formats 1.0).</summary>
    /// <param name="layout">Layout of the scales.</param>
    public static Quantization MxFp8(ScaleLayout layout = ScaleLayout.Swizzled128x4) =>
        new() { Kind = QuantizationKind.MxFp8, Layout = layout };
}
