using System.Text;
using System.Text.RegularExpressions;
using Fusion.Build.Contract;
using Fusion.Compiler.Headers;
using Fusion.Compiler.Jobs;

namespace Fusion.Compiler.Caching;

/// <summary>What may be cached, and what is of use in the same folders alone. In doubt the answer costs a compilation.</summary>
internal static partial class CacheRules
{
    // They read or write files that nobody follows here, or change what is read.
    private static readonly string[] OptionsWithFiles =
        ["I", "include", "pre-include", "time", "fdevice-time-trace", "Xcudafe"];

    /// <summary>Whether a kernel's options say all that they do.</summary>
    public static bool MayCache(Kernel kernel) => !kernel.AdditionalOptions.Any(option =>
        option.Contains('/', StringComparison.Ordinal) || option.Contains('\\', StringComparison.Ordinal)
        || OptionsWithFiles.Any(name => option.TrimStart('-').StartsWith(name, StringComparison.Ordinal)));

    /// <summary>Whether an image depends on the time at which it is compiled.</summary>
    /// <param name="texts">Source, headers and options.</param>
    public static bool DependsOnTime(IEnumerable<string> texts) => texts.Any(text => TimeMacros().IsMatch(text));

    /// <summary>Whether images hold paths of this machine, or depend on where folders lie to each other.</summary>
    /// <param name="job">What was compiled.</param>
    /// <param name="output">What came out.</param>
    /// <param name="roots">The folders.</param>
    /// <param name="search">The folders of headers.</param>
    /// <param name="contents">Reads files.</param>
    public static bool IsBound(
        CompileJob job, CompileOutput output, CacheRoots roots, IReadOnlyList<string> search, FileContents contents)
    {
        var files = output.Headers.Read.Prepend(job.Kernel.Source).ToArray();
        return job.Kernel.OwnOptions.Any(o => PathOptions().IsMatch(o))
            || files.Concat(output.Headers.Probes.Select(probe => probe.Path)).Any(path => !roots.Has(path))
            || files.Where(f => !roots.IsInProject(f)).Any(f => PathMacros().IsMatch(Text(f)))
            || files.Any(f => Leaves(f, roots, search, contents))
            || roots.Folders.Select(Encoding.UTF8.GetBytes)
                .Any(f => output.Ptx.AsSpan().IndexOf(f) >= 0 || output.Cubin.AsSpan().IndexOf(f) >= 0);

        string Text(string path) => contents.Get(path)?.Text ?? "";
    }

    // A name with .. may lead from one of the folders into another, whose place to the first nobody remembers.
    private static bool Leaves(string file, CacheRoots roots, IReadOnlyList<string> search, FileContents contents)
    {
        var directives = contents.Get(file)?.Names.Directives ?? [];
        foreach (var directive in directives.Where(d => d.Name.Contains("..", StringComparison.Ordinal)))
        {
            foreach (var start in directive.Quoted ? search.Prepend(Path.GetDirectoryName(file)!) : search)
            {
                var path = PhysicalPath.Full(directive.Name, start);
                if (!roots.Keeps(start, path)) return true;
                if (contents.Presence(path).Held == FileStamp.AnyFile) break;
            }
        }

        return false;
    }

    [GeneratedRegex(@"__(?:TIME|DATE|TIMESTAMP)__")]
    private static partial Regex TimeMacros();

    // Inside the project NVRTC gets relative paths, and these are the same in every clone.
    [GeneratedRegex(@"__FILE__|__BASE_FILE__|__builtin_FILE|source_location|\bassert\s*\(")]
    private static partial Regex PathMacros();

    [GeneratedRegex(@"^-{1,2}(?:G|device-debug)\b|__FILE__")]
    private static partial Regex PathOptions();
}
