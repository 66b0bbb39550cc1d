using Fusion.Build.Contract;

namespace Fusion.Compiler.Headers;

/// <summary>Looks for headers where NVRTC does, and notes every place that was looked at and not read: one that held nothing,
/// because a file that appears there later would be included instead, and one that held a file, because <c>__has_include</c> may
/// have asked for it.</summary>
/// <param name="folders">The folders of headers, in order.</param>
/// <param name="contents">Reads files.</param>
/// <param name="options">Options of the compiler, which may define a macro that names a header.</param>
internal sealed class IncludeSearch(IReadOnlyList<string> folders, FileContents contents, IReadOnlyList<string> options)
{
    private readonly Dictionary<string, FileStamp> places = new(StringComparer.Ordinal);

    /// <summary>The places, but for those that were read.</summary>
    /// <param name="read">What was read.</param>
    public IReadOnlyList<FileStamp> Probes(IEnumerable<string> read)
    {
        var known = read.ToHashSet(StringComparer.Ordinal);
        return [.. places.Values.Where(place => !known.Contains(place.Path)).OrderBy(place => place.Path, StringComparer.Ordinal)];
    }

    /// <summary>All that a source may include, directly or not.</summary>
    /// <param name="source">Full path of the source.</param>
    public IReadOnlyList<string> Scan(string source)
    {
        var all = new List<string>();
        // The first way to write a header's path stands for all of them.
        var seen = new HashSet<string>(StringComparer.Ordinal) { contents.Identity(source) };
        var open = new Queue<string>([source]);
        do
        {
            while (open.TryDequeue(out var file)) Enter(NamedBy(file));
            Enter(Computed([.. all.Prepend(source)]));
        }
        while (open.Count > 0);

        return all;

        void Enter(IEnumerable<string> found)
        {
            foreach (var header in found.Where(path => seen.Add(contents.Identity(path))))
            {
                all.Add(header);
                open.Enqueue(header);
            }
        }
    }

    /// <summary>Notes where the headers of a compilation were looked for.</summary>
    /// <param name="source">Full path of the source.</param>
    /// <param name="headers">The headers that it includes, as NVRTC told.</param>
    public void Note(string source, IReadOnlyList<string> headers)
    {
        string[] files = [source, .. headers];
        var found = files.SelectMany(NamedBy).Concat(Computed(files)).ToHashSet(StringComparer.Ordinal);
        // A name that no text has: the header's place below a folder tells it.
        foreach (var header in headers.Where(header => !found.Contains(header)))
        {
            var at = folders.ToList().FindIndex(f => header.StartsWith(f + Path.DirectorySeparatorChar, StringComparison.Ordinal));
            if (at < 0) continue;
            var name = header[(folders[at].Length + 1)..];
            foreach (var folder in FoldersOf(files).Concat(folders.Take(at))) ProbeFile(PhysicalPath.Full(name, folder));
        }
    }

    private static IEnumerable<string> FoldersOf(IEnumerable<string> files) =>
        files.Select(file => Path.GetDirectoryName(file)!).Distinct(StringComparer.Ordinal);

    private List<string> NamedBy(string file)
    {
        var found = new List<string>();
        foreach (var directive in contents.Get(file)?.Names.Directives ?? [])
        {
            // Where a search goes on from depends on how the file itself was found.
            if (directive.IsNext) found.AddRange(folders.Select(folder => PhysicalPath.Full(directive.Name, folder)).Where(ProbeFile));
            else if (First(directive.Name, directive.Quoted ? folders.Prepend(Path.GetDirectoryName(file)!) : folders) is { } path) found.Add(path);
        }

        return found;
    }

    // Where macros make names, each word that may be one is looked for, in each folder that may be meant.
    private List<string> Computed(IReadOnlyList<string> files)
    {
        var texts = files.Select(file => (File: file, contents.Get(file)?.Names)).ToArray();
        string[] computing = [.. texts.Where(text => text.Names is { Computes: true }).Select(text => text.File)];
        if (computing.Length == 0) return [];
        var words = texts.SelectMany(text => text.Names?.Mentioned ?? []).Concat(options.SelectMany(HeaderNames.WordsIn))
            .Distinct(StringComparer.Ordinal).ToArray();
        IEnumerable<string>[] ways = [.. FoldersOf(computing).Select(folder => folders.Prepend(folder)), folders];
        return [.. ways.SelectMany(way => words.Select(word => First(word, way))).OfType<string>().Distinct(StringComparer.Ordinal)];
    }

    private string? First(string name, IEnumerable<string> search) =>
        search.Select(folder => PhysicalPath.Full(name, folder)).FirstOrDefault(ProbeFile);

    private bool ProbeFile(string path)
    {
        var stamp = contents.Presence(path);
        places[path] = stamp;
        return stamp.Held == FileStamp.AnyFile;
    }
}
