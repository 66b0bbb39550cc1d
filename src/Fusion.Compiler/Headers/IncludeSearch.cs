namespace Fusion.Compiler.Headers;

/// <summary>Looks for headers where NVRTC does, and notes where there was none: a file that appears there later would be
/// included instead.</summary>
/// <param name="folders">The folders of headers, in order.</param>
/// <param name="contents">Reads files.</param>
internal sealed class IncludeSearch(IReadOnlyList<string> folders, FileContents contents)
{
    private readonly HashSet<string> vain = new(StringComparer.Ordinal);
    private readonly HashSet<string> found = new(StringComparer.Ordinal);

    /// <summary>Paths that held nothing.</summary>
    public IReadOnlyList<string> Vain => [.. vain.Order(StringComparer.Ordinal)];

    /// <summary>Paths that a directive named and that held a file, read or not.</summary>
    public IReadOnlyList<string> Found => [.. found.Order(StringComparer.Ordinal)];

    /// <summary>All that a source may include, directly or not.</summary>
    /// <param name="source">Full path of the source.</param>
    public IReadOnlyList<string> Scan(string source)
    {
        var all = new List<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal) { source };
        var open = new Queue<string>([source]);
        while (open.TryDequeue(out var file))
        {
            foreach (var header in IncludedBy(file).Where(seen.Add))
            {
                all.Add(header);
                open.Enqueue(header);
            }
        }

        return all;
    }

    /// <summary>Notes where each header was looked for in vain before it was found.</summary>
    /// <param name="source">Full path of the source.</param>
    /// <param name="headers">The headers that it includes, as NVRTC told.</param>
    public void NoteVain(string source, IReadOnlyList<string> headers)
    {
        foreach (var file in headers.Prepend(source)) _ = IncludedBy(file).Count();
        // A name made by a macro is in no directive; the header's place below a folder tells it.
        foreach (var header in headers)
        {
            var at = folders.ToList().FindIndex(f => header.StartsWith(f + Path.DirectorySeparatorChar, StringComparison.Ordinal));
            if (at > 0) vain.UnionWith(folders.Take(at).Select(f => Path.Combine(f, Path.GetRelativePath(folders[at], header))).Where(p => !File.Exists(p)));
        }
    }

    private IEnumerable<string> IncludedBy(string file)
    {
        var folder = Path.GetDirectoryName(file)!;
        foreach (var directive in IncludeDirectives.In(contents.Get(file)?.Text ?? ""))
        {
            var places = directive.Quoted ? folders.Prepend(folder) : folders;
            foreach (var path in places.Select(p => Path.GetFullPath(Path.Combine(p, directive.Name))))
            {
                if (File.Exists(path))
                {
                    found.Add(path);
                    yield return path;
                    break;
                }

                vain.Add(path);
            }
        }
    }
}
