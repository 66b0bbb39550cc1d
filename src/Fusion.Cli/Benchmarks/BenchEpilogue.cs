using Fusion.Cli.CommandLine;
using Fusion.Runtime;

namespace Fusion.Cli.Benchmarks;

/// <summary>What follows the sum in calls that are measured, in the words that <c>fusion plan</c> and projects have for it.</summary>
internal static class BenchEpilogue
{
    private static readonly string[] Usual =
    [
        "none", "residual+rmsnorm", "residual+rmsnorm+fp8", "residual+rmsnorm+fp8-token", "residual+rmsnorm+fp8-group",
        "residual+rmsnorm+nvfp4", "residual+rmsnorm+mxfp8",
    ];

    /// <summary>What is measured where nothing is named, separated by commas.</summary>
    public static string Default => string.Join(", ", Usual);

    /// <summary>Reads epilogues.</summary>
    /// <param name="names">Separated by commas; null for the usual ones.</param>
    /// <exception cref="UsageException">There is none of a name.</exception>
    public static IReadOnlyList<AllReduceEpilogue> Parse(string? names) =>
        [.. (names?.Split(',', StringSplitOptions.TrimEntries) ?? Usual).Select(ToolOptions.Epilogue)];

    /// <summary>A quantization as calls have it, without its scale.</summary>
    public static Quantization Quantization(in AllReduceEpilogue epilogue) => epilogue.Quantization switch
    {
        QuantizationKind.PerGroupFp8 => Runtime.Quantization.PerGroupFp8(
            epilogue.GroupSize, epilogue.GroupScaleIsUe8m0 ? ElementType.Float8UE8M0 : ElementType.Float32),
        QuantizationKind.NvFp4 or QuantizationKind.MxFp8 => new() { Kind = epilogue.Quantization, Layout = ScaleLayout.Swizzled128x4 },
        _ => new() { Kind = epilogue.Quantization },
    };
}
