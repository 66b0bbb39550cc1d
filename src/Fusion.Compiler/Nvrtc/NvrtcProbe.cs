using Fusion.Interop;
using Fusion.Interop.Nvrtc;

namespace Fusion.Compiler.Nvrtc;

/// <summary>What a candidate turned out to be.</summary>
/// <param name="Version">Version of NVRTC; null if it could not be loaded.</param>
/// <param name="Architectures">The plain architectures that it lists.</param>
/// <param name="Path">Full path of what was loaded.</param>
/// <param name="Failure">Why it cannot be used; empty if it can.</param>
internal sealed record NvrtcProbe(Version? Version, IReadOnlyList<int> Architectures, string Path, string Failure)
{
    /// <summary>The library itself.</summary>
    public NvrtcLibrary? Library { get; init; }

    /// <summary>Loads a candidate and compiles a line with it, on the calling thread.</summary>
    /// <param name="path">Path or name.</param>
    public static NvrtcProbe Of(string path)
    {
        if (LibraryFile.ProblemOfNvrtc(path) is { Length: > 0 } problem) return new NvrtcProbe(null, [], path, problem);
        if (!NvrtcLibrary.TryLoad(path, out var library, out var failure)) return new NvrtcProbe(null, [], path, failure);
        return new NvrtcProbe(library.Version, library.Architectures, library.Path, TryCompile(library)) { Library = library };
    }

    private static string TryCompile(NvrtcLibrary library)
    {
        if (library.Architectures.Count == 0) return "it lists no architecture";
        using var program = library.CreateProgram("extern \"C\" __global__ void probe() {}\n", "probe.cu");
        var result = program.Compile([$"-arch=sm_{library.Architectures[^1]}", "-std=c++17"]);
        if (result == NvrtcResult.Success) return "";
        var version = library.Version;
        var builtins = LibraryNames.NvrtcBuiltins(version.Major, version.Minor);
        return library.BuiltinsPath is null
            ? $"'{builtins}' is not beside it, and the loader does not find it either ({library.NameOf(result)})"
            : $"it does not compile an empty kernel: {library.NameOf(result)} {program.GetLog().Trim()}";
    }
}
