namespace Fusion.Manifest;

/// <summary>Vocabulary of the fused all-reduce: the words that projects (<c>FusionAllReduce</c>), the tool, graphs as JSON,
/// messages and pages use, with their names in kernels and C#.</summary>
/// <remarks>A row's <c>Name</c> is the name of a constant of the kernels' enumeration
/// (kernels/cu/fusion/allreduce/params.cuh) and of the runtime's (<c>QuantizationKind</c>, <c>NormKind</c>,
/// <c>ScaleLayout</c>, <c>ElementType</c>). The rows of quantizations, layouts and types are in the order of these
/// constants, where 0 is no quantization. Tests compare them.</remarks>
internal static class AllReduceVocabulary
{
    /// <summary>World sizes that have kernels, in words.</summary>
    public const string WorldSizeWords = "2 to 8 and 16";

    /// <summary>Numbers of ranks that a group may have, in words: world sizes with kernels, and a rank alone.</summary>
    public const string GroupSizeWords = "1 to 8 and 16";

    private static readonly int[] AllWorldSizes = [2, 3, 4, 5, 6, 7, 8, KernelLimits.MaxRanks];

    private static readonly NormWord[] AllNorms =
    [
        new("rmsnorm", "Rms", 0, "RMSNorm"),
        new("rmsnorm1", "Rms", 1, "RMSNorm with weights stored as gamma − 1, as Gemma's are"),
        new("rmsnorm-hf", "RmsRoundedTwice", 0, "RMSNorm rounded before the weight and after it, as Hugging Face's Llama does"),
        new("layernorm", "Layer", 0, "LayerNorm"),
    ];

    private static readonly QuantizationWord[] AllQuantizations =
    [
        new("fp8", "StaticFp8", "e4m3", [], 0, QuantizationOptions.Scale, "FP8 with one scale that is given"),
        new("fp8-token", "PerTokenFp8", "e4m3", ["f32"], 0, QuantizationOptions.None, "FP8 with a scale for each token"),
        new(EpilogueWords.GroupWord, "PerGroupFp8", "e4m3", ["f32", "ue8m0"], 0, QuantizationOptions.Group,
            "FP8 with a scale for each group of elements: of 128, or as in `fp8-group64`, `fp8-group-ue8m0`"),
        new("nvfp4", "NvFp4", "e2m1", ["e4m3"], KernelLimits.NvFp4Block, QuantizationOptions.Scale | QuantizationOptions.Layout,
            "NVFP4: blocks of 16, and a global scale that is given"),
        new("mxfp8", "MxFp8", "e4m3", ["ue8m0"], KernelLimits.MxFp8Block, QuantizationOptions.Layout, "MXFP8: blocks of 32"),
    ];

    private static readonly LayoutWord[] AllLayouts =
    [
        new("linear", "Linear"),
        new("8x4", "Swizzled8x4"),
        new("128x4", "Swizzled128x4"),
    ];

    private static readonly ElementWord[] AllElements =
    [
        new("bf16", "BFloat16", 16, true),
        new("f16", "Float16", 16, true),
        new("f32", "Float32", 32, true),
        new("e4m3", "Float8E4M3", 8, false),
        new("e2m1", "Float4E2M1", 4, false),
        new("ue8m0", "Float8UE8M0", 8, false),
        new("i32", "Int32", 32, false),
    ];

    /// <summary>World sizes that have kernels, in ascending order.</summary>
    public static IReadOnlyList<int> WorldSizes => AllWorldSizes;

    /// <summary>Rows of the norms.</summary>
    public static IReadOnlyList<NormWord> Norms => AllNorms;

    /// <summary>Rows of the quantizations, in the order of the kernels' constants, whose first one is 1.</summary>
    public static IReadOnlyList<QuantizationWord> Quantizations => AllQuantizations;

    /// <summary>Rows of the layouts of scales, in the order of the kernels' constants, whose first one is 0.</summary>
    public static IReadOnlyList<LayoutWord> Layouts => AllLayouts;

    /// <summary>Rows of the element types, in the order of the runtime's constants, whose first one is 0.</summary>
    public static IReadOnlyList<ElementWord> Elements => AllElements;

    /// <summary>Words of the types that inputs may have.</summary>
    public static IReadOnlyList<string> DataTypes { get; } =
        [.. AllElements.Where(element => element.IsDataType).Select(element => element.Word)];

    /// <summary>Tells whether a world size has kernels.</summary>
    /// <param name="ranks">Number of ranks.</param>
    public static bool IsWorldSize(int ranks) => Array.IndexOf(AllWorldSizes, ranks) >= 0;

    /// <summary>Tells whether a group may have a number of ranks: a world size with kernels, or a rank alone, which exchanges
    /// nothing.</summary>
    /// <param name="ranks">Number of ranks.</param>
    public static bool IsGroupSize(int ranks) => ranks == 1 || IsWorldSize(ranks);

    /// <summary>Tells whether a number of elements is a possible hidden size.</summary>
    /// <param name="hidden">Number of elements of a row.</param>
    public static bool IsHiddenSize(int hidden) => hidden is >= KernelLimits.RowVector and <= KernelLimits.LongestRow && hidden % KernelLimits.RowVector == 0;
}

/// <summary>Row of a norm.</summary>
/// <param name="Word">Word of the row.</param>
/// <param name="Name">Name of the constant in kernels and C#. Two rows may have the same name, with different
/// biases.</param>
/// <param name="WeightBias">Number that is added to each weight.</param>
/// <param name="Meaning">Description, for lists of the words.</param>
internal sealed record NormWord(string Word, string Name, int WeightBias, string Meaning);

/// <summary>Row of a quantization.</summary>
/// <param name="Word">Word of the row.</param>
/// <param name="Name">Name of the constant in kernels and C#.</param>
/// <param name="Codes">Type of the codes that the quantization writes.</param>
/// <param name="Scales">Types that the written scales may have, the usual one first; empty if none are written.</param>
/// <param name="Block">Number of elements that share a scale, if it is fixed; else 0.</param>
/// <param name="Options">Options that a call gives for the quantization.</param>
/// <param name="Meaning">Description, for lists of the words.</param>
internal sealed record QuantizationWord(
    string Word, string Name, string Codes, IReadOnlyList<string> Scales, int Block, QuantizationOptions Options, string Meaning)
{
    /// <summary>Whether a call gives a scale.</summary>
    public bool TakesScale => (Options & QuantizationOptions.Scale) != 0;

    /// <summary>Whether a call says how many elements share a scale, and the type of the scales.</summary>
    public bool TakesGroup => (Options & QuantizationOptions.Group) != 0;

    /// <summary>Whether a call chooses the layout of the scales.</summary>
    public bool TakesLayout => (Options & QuantizationOptions.Layout) != 0;
}

/// <summary>Options that a call gives for its quantization.</summary>
[Flags]
internal enum QuantizationOptions
{
    /// <summary>No option.</summary>
    None = 0,

    /// <summary>Scale, or global scale, in the rank's memory.</summary>
    Scale = 1,

    /// <summary>Number of elements that share a scale, and type of the scales.</summary>
    Group = 2,

    /// <summary>Layout of the scales.</summary>
    Layout = 4,
}

/// <summary>Row of a layout of scales.</summary>
/// <param name="Word">Word of the row.</param>
/// <param name="Name">Name of the constant in kernels and C#.</param>
internal sealed record LayoutWord(string Word, string Name);

/// <summary>Row of an element type.</summary>
/// <param name="Word">Word of the row, the type's name in CUDA.</param>
/// <param name="Name">Name of the constant in C#.</param>
/// <param name="Bits">Size of an element in bits.</param>
/// <param name="IsDataType">Whether inputs may have the type.</param>
internal sealed record ElementWord(string Word, string Name, int Bits, bool IsDataType);
