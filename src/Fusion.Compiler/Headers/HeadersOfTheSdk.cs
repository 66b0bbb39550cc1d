using Fusion.Build.Contract;
using Fusion.Compiler.Jobs;

namespace Fusion.Compiler.Headers;

/// <summary>Places errors inside the SDK's own headers where their cause is: at the kernel that includes them.</summary>
internal static class HeadersOfTheSdk
{
    /// <summary>Moves such errors to the kernel's source; the message then says where in the header they are.</summary>
    /// <param name="diagnostics">The diagnostics of a failed compilation.</param>
    /// <param name="kernel">What was compiled.</param>
    /// <param name="folder">Folder of the SDK's own headers; empty if there is none.</param>
    /// <param name="contents">Reads sources.</param>
    public static IReadOnlyList<Diagnostic> AtTheKernel(
        IReadOnlyList<Diagnostic> diagnostics, Kernel kernel, string folder, FileContents contents)
    {
        if (folder.Length == 0) return diagnostics;
        var root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)) + Path.DirectorySeparatorChar;
        bool IsInside(Diagnostic d) => d.Severity == DiagnosticSeverity.Error && d.File.StartsWith(root, StringComparison.Ordinal);
        if (!diagnostics.Any(IsInside)) return diagnostics;

        var line = IncludeLine(contents.Get(kernel.Source)?.Text ?? "");
        return [.. diagnostics.Select(d => IsInside(d)
            ? new Diagnostic(d.Severity, d.Code, $"{d.Message}\nin <{d.File[root.Length..].Replace('\\', '/')}>, line {d.Line}", kernel.Source, line)
            : d)];
    }

    // 0 where one of the project's headers includes it.
    private static int IncludeLine(string text) => 1 + Array.FindIndex(text.Split('\n'), line =>
        line.TrimStart().StartsWith('#') && line.Contains("include", StringComparison.Ordinal) && line.Contains("<fusion/", StringComparison.Ordinal));
}
