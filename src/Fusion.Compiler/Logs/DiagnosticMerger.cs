using Fusion.Build.Contract;
using Fusion.Manifest;

namespace Fusion.Compiler.Logs;

/// <summary>Makes one message of what several architectures report alike.</summary>
internal static class DiagnosticMerger
{
    /// <summary>Merges what the jobs of one kernel reported.</summary>
    /// <param name="jobs">Each job's architecture and diagnostics.</param>
    /// <returns>In the order of their first appearance. What only some architectures report names them.</returns>
    public static IReadOnlyList<Diagnostic> Merge(IReadOnlyList<(GpuArchitecture Architecture, IReadOnlyList<Diagnostic> Diagnostics)> jobs)
    {
        var merged = new OrderedDictionary<string, (Diagnostic Diagnostic, List<GpuArchitecture> Architectures)>();
        foreach (var (architecture, diagnostics) in jobs)
        {
            foreach (var diagnostic in diagnostics)
            {
                var key = diagnostic.ToLine();
                if (!merged.TryGetValue(key, out var entry)) merged[key] = entry = (diagnostic, []);
                if (!entry.Architectures.Contains(architecture)) entry.Architectures.Add(architecture);
            }
        }

        return [.. merged.Values.Select(m => m.Architectures.Count == jobs.Count ? m.Diagnostic : Naming(m.Diagnostic, m.Architectures))];
    }

    private static Diagnostic Naming(Diagnostic d, IEnumerable<GpuArchitecture> architectures)
    {
        var lines = d.Message.Split('\n', 2);
        var message = $"{lines[0]} [{string.Join(", ", architectures)}]{(lines.Length > 1 ? $"\n{lines[1]}" : "")}";
        return new Diagnostic(d.Severity, d.Code, message, d.File, d.Line, d.Column);
    }
}
