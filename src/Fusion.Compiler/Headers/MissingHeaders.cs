using System.Text.RegularExpressions;
using Fusion.Build.Contract;

namespace Fusion.Compiler.Headers;

/// <summary>Says of a header that was not found where it comes from, since NVRTC says its name alone.</summary>
internal static partial class MissingHeaders
{
    private const string OfAToolkit = "It belongs to a CUDA toolkit: set FusionNvrtcPath to the toolkit's folder, so that NVRTC and headers are of one version.";

    private const string OfCccl = "It is part of CCCL, which the package Fusion.Cccl brings: add <FusionCccl>true</FusionCccl> to a PropertyGroup of the project.";
    private const string NotInCccl = "The package Fusion.Cccl has none of that name: name the include folder of another version of CCCL in FusionIncludePaths.";

    private static readonly string[] Cccl = ["cuda/", "nv/target", "cub/"];

    // The first that fits counts.
    private static readonly (string Start, string Advice)[] Origins =
    [
        ("thrust/", "Thrust is for the host, which launches kernels through it: call it from a library of the host, and leave the #include out here."),
        ("cutlass/", "It is part of CUTLASS: name the folder include of its sources in FusionIncludePaths."),
        ("cute/", "It is part of CUTLASS: name the folder include of its sources in FusionIncludePaths."),
        ("curand", OfAToolkit),
        ("cublas", OfAToolkit),
        ("cufft", OfAToolkit),
        ("cusparse", OfAToolkit),
        ("cusolver", OfAToolkit),
        ("cuda", OfAToolkit),
        ("crt/", OfAToolkit),
        ("nvtx3/", OfAToolkit),
        ("fusion/", "The SDK's headers have none of that name; kernels/cu/README.md lists them."),
    ];

    /// <summary>Adds to each such error what helps.</summary>
    /// <param name="diagnostics">The diagnostics of a failed compilation.</param>
    /// <param name="hasCccl">Whether the project has the package Fusion.Cccl.</param>
    public static IReadOnlyList<Diagnostic> Explain(IReadOnlyList<Diagnostic> diagnostics, bool hasCccl) =>
        [.. diagnostics.Select(d => d.Severity == DiagnosticSeverity.Error && NotFound().Match(d.Message) is { Success: true } match
            ? new Diagnostic(d.Severity, d.Code, $"There is no header '{match.Groups[1].Value}' in any folder of headers. {Advice(match.Groups[1].Value, hasCccl)}", d.File, d.Line, d.Column)
            : d)];

    private static string Advice(string header, bool hasCccl) =>
        Cccl.Any(start => header.StartsWith(start, StringComparison.Ordinal)) ? (hasCccl ? NotInCccl : OfCccl)
        : Origins.FirstOrDefault(origin => header.StartsWith(origin.Start, StringComparison.Ordinal)).Advice
        ?? "Name its folder in FusionIncludePaths; if only code for the host needs it, put the #include between #ifndef __CUDACC_RTC__ and #endif.";

    [GeneratedRegex("""(?:cannot|could not) open source file "([^"]+)""")]
    private static partial Regex NotFound();
}
