using Fusion.Build.Contract;
using Fusion.Compiler.Headers;
using Fusion.Compiler.Images;

namespace Fusion.Compiler.Logs;

/// <summary>Explains code for the host in a kernel's file, which nvcc compiles and NVRTC refuses: one error a file, in the place
/// of one for each function and of those about what is inside them.</summary>
internal static class HostCode
{
    private const int MostLines = 12;

    // All that versions 11.8 to 13.0 say about functions, variables and lambdas of the host ends in this.
    private const string Mark = "allowed in JIT mode";

    private static readonly string[] BeforeBody = [")", "}", "const", "noexcept", "override", "final", "try"];

    /// <summary>Puts one error a file in the place of those about code for the host.</summary>
    /// <param name="diagnostics">The diagnostics of a failed compilation.</param>
    /// <param name="contents">Reads sources and headers.</param>
    public static IReadOnlyList<Diagnostic> Explain(IReadOnlyList<Diagnostic> diagnostics, FileContents contents)
    {
        var files = diagnostics.Where(IsHost).GroupBy(d => d.File).ToDictionary(
            group => group.Key, group => new Found([.. group], contents.Get(group.Key)?.Text ?? ""), StringComparer.Ordinal);
        if (files.Count == 0) return diagnostics;

        // What a host function calls may be an error of a header that is built into NVRTC, where nobody can look.
        bool IsConsequence(Diagnostic d) => d.Severity == DiagnosticSeverity.Error
            && (files.TryGetValue(d.File, out var file) ? file.Holds(d.Line) : Path.GetFileName(d.File).StartsWith("__nv_", StringComparison.Ordinal));
        return [.. files.Values.Select(file => file.Error()), .. diagnostics.Where(d => !IsConsequence(d))];
    }

    private static bool IsHost(Diagnostic d) =>
        d.Severity == DiagnosticSeverity.Error && d.Message.Contains(Mark, StringComparison.Ordinal);

    private sealed class Found
    {
        private readonly IReadOnlyList<Diagnostic> errors;
        private readonly List<(int First, int Last)> bodies = [];

        public Found(IReadOnlyList<Diagnostic> errors, string text)
        {
            this.errors = errors;
            var tokens = CppTokenizer.Read(text);
            var lineStarts = LineStarts(text);
            foreach (var error in errors) bodies.Add((error.Line, LastLine(error, tokens, lineStarts)));
        }

        public bool Holds(int line) => bodies.Any(body => line >= body.First && line <= body.Last);

        public Diagnostic Error()
        {
            var lines = errors.Select(e => e.Line).Distinct().Order().ToArray();
            var many = lines.Length > 1;
            return new Diagnostic(DiagnosticSeverity.Error, Codes.HostCode,
                $"{(many ? "Lines" : "Line")} {Listed(lines)} {(many ? "are" : "is")} code for the host, which NVRTC does not compile: "
                + "functions or variables that say neither __device__ nor __global__. In a .cu file HostCode=Ignore leaves it out. Move host "
                + "code to another file, or put it between #ifndef __CUDACC_RTC__ and #endif. Where it is for the GPU, write __device__, or set "
                + "FusionAdditionalOptions to -default-device, which says so for all that say nothing.",
                errors[0].File, errors[0].Line, errors[0].Column);
        }

        private static string Listed(int[] lines)
        {
            var named = lines.Take(MostLines).ToArray();
            var last = lines.Length > MostLines ? $"{lines.Length - MostLines} more" : $"{named[^1]}";
            var first = lines.Length > MostLines ? named : named[..^1];
            return first.Length > 0 ? $"{string.Join(", ", first)} and {last}" : last;
        }

        // A variable has no body, and neither has a function whose braces cannot be told from those around it.
        private static int LastLine(Diagnostic error, IReadOnlyList<CppToken> tokens, List<int> lineStarts)
        {
            if (error.Line < 1 || error.Line > lineStarts.Count) return error.Line;
            var start = lineStarts[error.Line - 1] + Math.Max(0, error.Column - 1);
            for (var i = 1; i < tokens.Count; i++)
            {
                if (tokens[i].Start < start) continue;
                if (tokens[i].IsMark(";")) break;
                if (!tokens[i].IsMark("{") || !BeforeBody.Contains(tokens[i - 1].Text)) continue;
                var end = CppBrackets.End(tokens, i) - 1;
                if (!tokens[end].IsMark("}")) break;
                var line = lineStarts.BinarySearch(tokens[end].Start);
                return line >= 0 ? line + 1 : ~line;
            }

            return error.Line;
        }

        private static List<int> LineStarts(string text)
        {
            var starts = new List<int> { 0 };
            for (var i = 0; i < text.Length; i++)
            {
                if (text[i] == '\n') starts.Add(i + 1);
            }

            return starts;
        }
    }
}
