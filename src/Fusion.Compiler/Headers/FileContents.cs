using System.Collections.Concurrent;
using System.Text;
using Fusion.Build.Contract;
using Fusion.Compiler.Sources;

namespace Fusion.Compiler.Headers;

/// <summary>A file as it was when it was read.</summary>
/// <param name="Text">Text, without a byte order mark.</param>
/// <param name="HasByteOrderMark">Whether it begins with one.</param>
/// <param name="Sha256">Hash of its bytes.</param>
/// <param name="Modified">When it was changed last, before it was read.</param>
internal sealed record FileContent(string Text, bool HasByteOrderMark, string Sha256, DateTime Modified)
{
    private readonly Lazy<HeaderNames> names = new(() => HeaderNames.In(Text));
    private readonly Lazy<MacroTable> macros = new(() => MacroTable.Of(Text));

    /// <summary>The headers that it names.</summary>
    public HeaderNames Names => names.Value;

    /// <summary>The macros that it defines, read once for all kernels that include it.</summary>
    public MacroTable Macros => macros.Value;
}

/// <summary>Looks at each source and header once in a run, however many jobs want it. So all jobs see the same, and what changes
/// during the run is found by comparing with what is there then.</summary>
internal sealed class FileContents
{
    private readonly ConcurrentDictionary<string, Lazy<FileContent?>> files = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, FileStamp> presences = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string?> folders = new(StringComparer.Ordinal);

    /// <summary>A file's content; null if there is no file that can be read.</summary>
    /// <param name="path">Full path, with each <c>..</c> where it is.</param>
    public FileContent? Get(string path) => files.GetOrAdd(path, p => new Lazy<FileContent?>(() => Read(p))).Value;

    /// <summary>Whether there is a file, a folder or nothing.</summary>
    /// <param name="path">Full path, with each <c>..</c> where it is.</param>
    public FileStamp Presence(string path) => presences.GetOrAdd(path, FileStamp.OfPresence);

    /// <summary>One path for all that lead to a file with <c>..</c> in them: a library that includes its own headers as
    /// <c>../other/name.h</c> has no end of ways to write each.</summary>
    /// <param name="path">Full path, with each <c>..</c> where it is.</param>
    public string Identity(string path)
    {
        if (!PhysicalPath.HasParent(path)) return path;
        return folders.GetOrAdd(Path.GetDirectoryName(path)!, PhysicalPath.Target) is { } folder
            ? Path.Combine(folder, Path.GetFileName(path))
            : path;
    }

    private static FileContent? Read(string path)
    {
        try
        {
            if (PhysicalPath.ToOpen(path) is not { } physical || !File.Exists(physical)) return null;
            using var file = new FileStream(physical, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var modified = File.GetLastWriteTimeUtc(file.SafeFileHandle);
            using var copy = new MemoryStream();
            file.CopyTo(copy);
            var bytes = copy.ToArray();
            using var reader = new StreamReader(new MemoryStream(bytes), Encoding.UTF8);
            return new FileContent(reader.ReadToEnd(), bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble), Hash.Of(bytes), modified);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
