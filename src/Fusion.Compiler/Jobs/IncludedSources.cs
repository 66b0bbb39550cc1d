using Fusion.Build.Contract;
using Fusion.Compiler.Headers;

namespace Fusion.Compiler.Jobs;

/// <summary>Sources that are not compiled alone, since others include them.</summary>
internal static class IncludedSources
{
    private const string Mark = "__global__";

    /// <summary>Removes them: those with <c>HeaderOnly</c>, and those without a kernel that another source includes.</summary>
    /// <param name="kernels">The sources of a project.</param>
    /// <param name="report">Gets a line for each that was found without being named.</param>
    public static IReadOnlyList<Kernel> Remove(IReadOnlyList<Kernel> kernels, Action<Diagnostic> report)
    {
        var compiled = kernels.Where(kernel => !kernel.HeaderOnly).ToList();
        // What says false says that it is to be compiled.
        var candidates = compiled.Where(kernel => !kernel.IsCompiledAlone && kernel.NameExpressions.Count == 0 && compiled.Count > 1 && !Text(kernel).Contains(Mark, StringComparison.Ordinal)).ToArray();
        foreach (var kernel in candidates)
        {
            if (compiled.FirstOrDefault(other => other != kernel && Includes(other, kernel.Source)) is not { } including) continue;
            report(new Diagnostic(DiagnosticSeverity.Detail, "",
                $"{kernel.ProgramName} has no kernel and is included by {including.ProgramName}, so it is not compiled alone.", kernel.Source));
            compiled.Remove(kernel);
        }

        return compiled;
    }

    private static bool Includes(Kernel kernel, string source) => HeaderNames.In(Text(kernel)).Directives.Any(directive =>
        kernel.OwnFolders.Prepend(Path.GetDirectoryName(kernel.Source)!).Any(folder => Path.GetFullPath(Path.Combine(folder, directive.Name)) == source));

    private static string Text(Kernel kernel) => File.Exists(kernel.Source) ? File.ReadAllText(kernel.Source) : "";
}
