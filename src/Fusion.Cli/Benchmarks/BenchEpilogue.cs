using Fusion.Cli.CommandLine;
using Fusion.Manifest;
using Fusion.Runtime;

namespace Fusion.Cli.Benchmarks;

/// <summary>Reads the epilogues of measured calls, in the words of <c>fusion plan</c> and of projects.</summary>
internal static class BenchEpilogue
{
    private const string Norm = "residual+rmsnorm";

    // The sum alone, and the end of a decoder layer with each quantization.
    private static readonly string[] Usual =
        [EpilogueWords.None, Norm, .. AllReduceVocabulary.Quantizations.Select(row => $"{Norm}+{row.Word}")];

    /// <summary>Epilogues that are measured by default, separated by commas.</summary>
    public static string Default => string.Join(", ", Usual);

    /// <summary>Reads epilogues.</summary>
    /// <param name="names">Epilogues, separated by commas; null for the default ones.</param>
    /// <exception cref="UsageException">A name is no epilogue.</exception>
    public static IReadOnlyList<AllReduceEpilogue> Parse(string? names) =>
        [.. (names?.Split(',', StringSplitOptions.TrimEntries) ?? Usual).Select(ToolOptions.Epilogue)];

    /// <summary>Makes the quantization of an epilogue, without its scale.</summary>
    public static Quantization Quantization(in AllReduceEpilogue epilogue) => new()
    {
        Kind = epilogue.Quantization,
        GroupSize = epilogue.GroupSize,
        GroupScaleType = epilogue.GroupSize == 0 ? default
            : epilogue.GroupScaleIsUe8m0 ? ElementType.Float8UE8M0 : ElementType.Float32,
        // Ignored where scales have no layout.
        Layout = ScaleLayout.Swizzled128x4,
    };
}
