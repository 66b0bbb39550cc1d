using System.Text;
using Fusion.Compiler.Jobs;
using Fusion.Compiler.Logs;

namespace Fusion.Compiler.Images;

/// <summary>Names the source files in the line information of images so that no folder of the machine is in it: equal sources then give equal
/// images. A file of the project has its path in it; another one that below its folder of headers; any other its name.</summary>
/// <param name="kernel">What is compiled.</param>
/// <param name="folders">Full paths of the folders of headers.</param>
internal sealed class LineNames(Kernel kernel, IReadOnlyList<string> folders)
{
    private static readonly string[] Options = ["-lineinfo", "--generate-line-info", "-generate-line-info", "--lineinfo"];
    private static readonly string[] ForDebuggers = ["-G", "--device-debug", "-device-debug"];

    /// <summary>Whether images have lines whose files are named so. What is for a debugger names the files of the machine, which a debugger opens.</summary>
    /// <param name="options">Options of the compilation.</param>
    public static bool AreMapped(IReadOnlyCollection<string> options) => options.Any(Options.Contains) && !options.Any(ForDebuggers.Contains);

    /// <summary>Names the files of both images.</summary>
    /// <param name="ptx">The PTX.</param>
    /// <param name="cubin">The machine code.</param>
    /// <returns>The new images; null where the line information has a form that is not known.</returns>
    public (byte[] Ptx, byte[] Cubin)? Apply(byte[] ptx, byte[] cubin)
    {
        var text = Encoding.UTF8.GetString(ptx);
        // ptxas takes names as the PTX spells them, and the backslash of \303 for the end of a folder.
        var known = PtxSourceMap.Spellings(text).DistinctBy(AsOfPtxas).ToDictionary(AsOfPtxas, PtxSourceMap.Unescape, StringComparer.Ordinal);
        return DebugLines.Rename(cubin, path => Of(known.GetValueOrDefault(path, path))) is { } code ? (Encoding.UTF8.GetBytes(PtxSourceMap.Rename(text, Of)), code) : null;
    }

    private static string AsOfPtxas(string spelling)
    {
        var end = spelling.LastIndexOfAny(['/', '\\']);
        return end < 0 ? spelling : $"{spelling[..end]}/{spelling[(end + 1)..]}";
    }

    /// <summary>The name of a file.</summary>
    /// <param name="path">Path as NVRTC has it.</param>
    public string Of(string path)
    {
        var full = kernel.FullPath(path);
        var inProject = kernel.InProject(full);
        if (inProject != full) return inProject;
        var root = folders.Select(folder => Path.TrimEndingDirectorySeparator(folder) + Path.DirectorySeparatorChar)
            .Where(folder => full.StartsWith(folder, StringComparison.Ordinal)).MaxBy(folder => folder.Length);
        return root is null ? Path.GetFileName(full) : full[root.Length..].Replace('\\', '/');
    }
}
