using Fusion.Cli.CommandLine;
using Fusion.Runtime;

namespace Fusion.Cli.Benchmarks;

/// <summary>What follows the sum in a call that is measured. All but the plain one have a residual, its sum as an output, and
/// RMSNorm; with a quantization the norm itself is not written.</summary>
/// <param name="Name">As the command line says it.</param>
/// <param name="HasNorm">Whether there are residual and RMSNorm.</param>
/// <param name="Quantization">Without its scale.</param>
internal sealed record BenchEpilogue(string Name, bool HasNorm, Quantization Quantization)
{
    private static readonly BenchEpilogue[] All =
    [
        new("allreduce", false, default),
        new("rmsnorm", true, default),
        new("fp8", true, new() { Kind = QuantizationKind.StaticFp8 }),
        new("fp8-token", true, Quantization.PerTokenFp8()),
        new("fp8-group", true, Quantization.PerGroupFp8()),
        new("nvfp4", true, new() { Kind = QuantizationKind.NvFp4, Layout = ScaleLayout.Swizzled128x4 }),
        new("mxfp8", true, Quantization.MxFp8()),
    ];

    /// <summary>All names.</summary>
    public static IEnumerable<string> Names => All.Select(epilogue => epilogue.Name);

    /// <summary>Finds epilogues.</summary>
    /// <param name="names">Separated by commas; null for all.</param>
    /// <exception cref="UsageException">There is none of a name.</exception>
    public static IReadOnlyList<BenchEpilogue> Parse(string? names)
    {
        if (names is null) return All;
        return [.. names.Split(',', StringSplitOptions.TrimEntries).Select(name =>
            All.FirstOrDefault(epilogue => epilogue.Name == name) ?? throw UsageException.OfCommandLine(
                $"'{name}' is no epilogue: expected {string.Join(", ", Names)}, separated by commas."))];
    }
}
