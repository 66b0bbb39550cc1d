using Fusion.Build.Contract;
using Fusion.Compiler.Headers;

namespace Fusion.Compiler.Launchers;

/// <summary>The headers of a source that launchers know: those beside it and in the folders that the kernel itself names. The SDK's headers and those of
/// a toolkit are not read, so that an IDE has launchers without them.</summary>
/// <param name="Texts">Texts of the headers, those first that the source itself includes.</param>
/// <param name="Inputs">What was read, and where nothing was.</param>
internal sealed record LauncherHeaders(IReadOnlyList<string> Texts, IReadOnlyList<FileStamp> Inputs)
{
    /// <summary>No headers.</summary>
    public static readonly LauncherHeaders None = new([], []);

    /// <summary>Reads the headers of a source.</summary>
    /// <param name="source">Full path of the source.</param>
    /// <param name="folders">Full paths of the kernel's own folders of headers.</param>
    /// <param name="contents">Reads files.</param>
    public static LauncherHeaders Read(string source, IReadOnlyList<string> folders, FileContents contents)
    {
        var search = new IncludeSearch(folders, contents, []);
        var read = search.Scan(source).Select(path => (Path: path, Content: contents.Get(path))).Where(one => one.Content is not null).ToArray();
        return new LauncherHeaders(
            [.. read.Select(one => one.Content!.Text)],
            [.. read.Select(one => FileStamp.OfContent(one.Path, one.Content!.Sha256)), .. search.Probes(read.Select(one => one.Path).Append(source))]);
    }
}
