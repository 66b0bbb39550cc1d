using Fusion.Build.Contract;

namespace Fusion.Compiler.Headers;

/// <summary>Explains what a byte order mark does. fusionc strips that of a source, but NVRTC reads headers itself, takes
/// the mark for code and complains about line 1 in words that help nobody.</summary>
internal static class ByteOrderMarks
{
    /// <summary>Puts one error that helps in the place of those about the first line of each such header.</summary>
    /// <param name="diagnostics">The diagnostics of a failed compilation.</param>
    /// <param name="source">Full path of the source.</param>
    /// <param name="contents">Reads headers.</param>
    public static IReadOnlyList<Diagnostic> Explain(IReadOnlyList<Diagnostic> diagnostics, string source, FileContents contents)
    {
        var marked = diagnostics
            .Where(d => d is { Severity: DiagnosticSeverity.Error, Line: 1 } && d.File != source && contents.Get(d.File) is { HasByteOrderMark: true })
            .Select(d => d.File).ToHashSet(StringComparer.Ordinal);
        return marked.Count == 0 ? diagnostics :
        [
            .. marked.Select(file => new Diagnostic(DiagnosticSeverity.Error, Codes.HeaderByteOrderMark,
                "The header begins with a byte order mark, which NVRTC does not read. Save it as UTF-8 without one.", file, 1, 1)),
            .. diagnostics.Where(d => d.Line != 1 || !marked.Contains(d.File)),
        ];
    }
}
