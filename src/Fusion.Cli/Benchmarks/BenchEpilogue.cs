using Fusion.Cli.CommandLine;
using Fusion.Manifest;
using Fusion.Runtime;

namespace Fusion.Cli.Benchmarks;

/// <summary>What follows the sum in calls that are measured, in the words that <c>fusion plan</c> and projects have for it.</summary>
internal static class BenchEpilogue
{
    private const string Norm = "residual+rmsnorm";

    // The sum alone, and a decoder layer's end with each quantization.
    private static readonly string[] Usual =
        [EpilogueWords.None, Norm, .. AllReduceVocabulary.Quantizations.Select(row => $"{Norm}+{row.Word}")];

    /// <summary>What is measured where nothing is named, separated by commas.</summary>
    public static string Default => string.Join(", ", Usual);

    /// <summary>Reads epilogues.</summary>
    /// <param name="names">Separated by commas; null for the usual ones.</param>
    /// <exception cref="UsageException">There is none of a name.</exception>
    public static IReadOnlyList<AllReduceEpilogue> Parse(string? names) =>
        [.. (names?.Split(',', StringSplitOptions.TrimEntries) ?? Usual).Select(ToolOptions.Epilogue)];

    /// <summary>A quantization as calls have it, without its scale.</summary>
    public static Quantization Quantization(in AllReduceEpilogue epilogue) => new()
    {
        Kind = epilogue.Quantization,
        GroupSize = epilogue.GroupSize,
        GroupScaleType = epilogue.GroupSize == 0 ? default
            : epilogue.GroupScaleIsUe8m0 ? ElementType.Float8UE8M0 : ElementType.Float32,
        // Without effect where scales have no layout.
        Layout = ScaleLayout.Swizzled128x4,
    };
}
