using Fusion.Build.Contract;
using Fusion.Compiler.Jobs;

namespace Fusion.Compiler.Headers;

/// <summary>Finds out what changed while NVRTC was at work. NVRTC reads headers itself, so what fusionc reads is the same only if
/// it read it before NVRTC did and finds it again afterwards.</summary>
internal sealed class InputWatch
{
    private readonly FileContents contents;
    private readonly string source;
    private readonly HashSet<string> readBefore;
    private readonly DateTime start = DateTime.UtcNow;

    /// <summary>Reads all that a source may include. To be created before the compilation.</summary>
    /// <param name="contents">Reads files, each once.</param>
    /// <param name="source">Full path of the source.</param>
    /// <param name="search">Looks for headers.</param>
    public InputWatch(FileContents contents, string source, IncludeSearch search)
    {
        this.contents = contents;
        this.source = source;
        readBefore = [.. search.Scan(source).Select(contents.Identity)];
    }

    /// <summary>Paths that are not what they were when the compilation began, or of which nobody knows.</summary>
    /// <param name="headers">The headers of the compilation.</param>
    public IReadOnlyList<string> WhatChanged(IncludedHeaders headers) =>
    [
        .. headers.Read.Prepend(source).Where(path => !IsSettled(path)),
        .. headers.Probes.Where(probe => !probe.IsCurrent()).Select(probe => probe.Path),
    ];

    private bool IsSettled(string path) => contents.Get(path) is { } content
        && FileStamp.OfContent(path, content.Sha256).IsCurrent()
        // A header that only a macro names may have been read after NVRTC did. All that is left is its time.
        && (path == source || readBefore.Contains(contents.Identity(path)) || content.Modified <= start);
}
