using Fusion.Build.Contract;

namespace Fusion.Compiler.Headers;

/// <summary>Leaves out what NVRTC warns of in headers that are a library's: who builds a project cannot change them. A host's compiler
/// has folders of system headers for it, NVRTC has not.</summary>
internal static class LibraryWarnings
{
    /// <summary>The diagnostics but for such warnings.</summary>
    /// <param name="diagnostics">The diagnostics of a compilation.</param>
    /// <param name="folder">Full path of the library's headers; empty if there is none.</param>
    public static List<Diagnostic> LeaveOut(List<Diagnostic> diagnostics, string folder)
    {
        if (folder.Length == 0) return diagnostics;
        var root = Path.TrimEndingDirectorySeparator(folder) + Path.DirectorySeparatorChar;
        return [.. diagnostics.Where(d => d.Severity != DiagnosticSeverity.Warning || !d.File.StartsWith(root, StringComparison.Ordinal))];
    }
}
