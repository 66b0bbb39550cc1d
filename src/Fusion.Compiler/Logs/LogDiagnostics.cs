using Fusion.Build.Contract;
using Fusion.Compiler.Jobs;
using Fusion.Interop.Nvrtc;

namespace Fusion.Compiler.Logs;

/// <summary>Makes diagnostics of a log of NVRTC.</summary>
internal static class LogDiagnostics
{
    private const string Aborted = "Ptx assembly aborted";
    // NVRTC 11.8 says how it goes on by itself with large functions that no kernel calls. Nobody can do anything about it.
    private const string NotMovable = "Disabling default position-independent-code";
    private const string BuiltinPrefix = "__nv_";

    /// <summary>The diagnostics of one compilation.</summary>
    /// <param name="parsed">The log, read.</param>
    /// <param name="log">The whole log.</param>
    /// <param name="result">What NVRTC returned.</param>
    /// <param name="resultName">Name of that result.</param>
    /// <param name="kernel">What was compiled.</param>
    /// <param name="nvrtc">With which NVRTC, for messages.</param>
    public static List<Diagnostic> From(
        NvrtcLog parsed, string log, NvrtcResult result, string resultName, Kernel kernel, string nvrtc)
    {
        var diagnostics = new List<Diagnostic>();
        diagnostics.AddRange(parsed.Entries.Where(e => e.Origin == LogOrigin.Source && !IsBuiltin(e)).Select(e => OfSource(e, kernel)));
        diagnostics.AddRange(OfNameExpressions(parsed.Entries, kernel));
        diagnostics.AddRange(parsed.Entries.Where(e => e.Origin == LogOrigin.Option).Select(e => OfOption(e, kernel, nvrtc)));
        diagnostics.AddRange(OfPtxas(parsed.Entries, kernel));

        var failed = result != NvrtcResult.Success;
        if (failed && !diagnostics.Any(d => d.Severity == DiagnosticSeverity.Error))
        {
            // A shape of log that is not known yet. Better too much text than none.
            var text = log.Trim();
            diagnostics.Add(new Diagnostic(DiagnosticSeverity.Error, Codes.SourceError, text.Length > 0
                ? $"{nvrtc} failed with {resultName} and said:\n{text}"
                : $"{nvrtc} failed with {resultName} and did not say why.", kernel.Source));
        }
        else if (failed && parsed.Unmatched.Count > 0)
        {
            diagnostics.Add(new Diagnostic(DiagnosticSeverity.Message, "", string.Join('\n', parsed.Unmatched), kernel.Source));
        }

        return diagnostics;
    }

    private static bool IsBuiltin(LogEntry entry) =>
        entry.Severity < DiagnosticSeverity.Warning && entry.File.StartsWith(BuiltinPrefix, StringComparison.Ordinal);

    private static Diagnostic OfSource(LogEntry entry, Kernel kernel) => new(
        entry.Severity, Code(entry.Severity, Codes.SourceError), Text(entry),
        entry.File.Length > 0 ? kernel.FullPath(entry.File) : kernel.Source, entry.Line, entry.Column);

    private static IEnumerable<Diagnostic> OfNameExpressions(IEnumerable<LogEntry> entries, Kernel kernel)
    {
        // The front end speaks of a line in a file of its own making; its last message for a line tells the expression.
        const string Marker = "Input name expression was: \"";
        foreach (var group in entries.Where(e => e.Origin == LogOrigin.NameExpression).GroupBy(e => e.Line))
        {
            var marked = group.FirstOrDefault(e => e.Message.Contains(Marker, StringComparison.Ordinal));
            var spaced = marked?.Message[(marked.Message.IndexOf(Marker, StringComparison.Ordinal) + Marker.Length)..].TrimEnd('"');
            var expression = kernel.NameExpressions.FirstOrDefault(e => spaced is not null && Squeeze(e) == Squeeze(spaced)) ?? spaced?.Trim();
            var reasons = group.Where(e => e != marked).Select(Text).Distinct().ToArray();
            yield return new Diagnostic(DiagnosticSeverity.Error, Codes.NameExpression,
                $"NVRTC does not know the name expression '{expression}': {string.Join("; ", reasons)}. Expected a kernel, or an "
                + "instantiation of a kernel template, qualified by its namespaces: math::scale<float>.", kernel.Source);
        }
    }

    // NVRTC does not say where an option came from: where all that may hold it is the project's, so is the mistake.
    private static Diagnostic OfOption(LogEntry entry, Kernel kernel, string nvrtc)
    {
        var given = kernel.OptionsByMetadata.Where(one => one.Options.Length > 0).Select(one => one.Metadata).ToArray();
        var names = given.Select(kernel.Metadata.NameOf).ToArray();
        return entry.Severity == DiagnosticSeverity.Error
            ? new Diagnostic(DiagnosticSeverity.Error, Codes.RefusedOption,
                $"{nvrtc} refuses an option: {Text(entry)}. Correct {string.Join(" or ", names)}; the options are: {string.Join(' ', kernel.OwnOptions)}",
                kernel.Metadata.PlaceOf(given))
            : new Diagnostic(entry.Severity, Codes.SourceWarning, Text(entry), kernel.Source);
    }

    private static IEnumerable<Diagnostic> OfPtxas(IReadOnlyList<LogEntry> entries, Kernel kernel)
    {
        var ptxas = entries.Where(e => e.Origin == LogOrigin.Ptxas).ToArray();
        var explained = ptxas.Any(e => e.Severity == DiagnosticSeverity.Error && !e.Message.StartsWith(Aborted, StringComparison.Ordinal));
        return ptxas.Select(Judged).Where(e => !explained || !e.Message.StartsWith(Aborted, StringComparison.Ordinal)).Select(e => e.File.Length > 0
            ? new Diagnostic(e.Severity, Code(e.Severity, Codes.Ptxas), $"ptxas: {Text(e)}", kernel.FullPath(e.File), e.Line, e.Column)
            : new Diagnostic(e.Severity, Code(e.Severity, Codes.Ptxas),
                $"ptxas: {Text(e)}{(e.Line > 0 ? $" (line {e.Line} of the PTX)" : "")}", kernel.Source));
    }

    private static LogEntry Judged(LogEntry entry) => entry.Message.StartsWith(NotMovable, StringComparison.Ordinal)
        ? entry with { Severity = DiagnosticSeverity.Message }
        : entry;

    private static string Code(DiagnosticSeverity severity, string error) => severity switch
    {
        DiagnosticSeverity.Error => error,
        DiagnosticSeverity.Warning => error == Codes.Ptxas ? Codes.Ptxas : Codes.SourceWarning,
        _ => "",
    };

    private static string Text(LogEntry entry) => string.Join('\n', entry.Details.Prepend(entry.Message));

    private static string Squeeze(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c)));
}
