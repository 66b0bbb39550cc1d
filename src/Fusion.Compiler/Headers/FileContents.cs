using System.Collections.Concurrent;
using System.Text;
using Fusion.Build.Contract;

namespace Fusion.Compiler.Headers;

/// <summary>A file as it was when it was read.</summary>
/// <param name="Text">Its text, without a byte order mark.</param>
/// <param name="HasByteOrderMark">Whether it begins with one.</param>
/// <param name="Sha256">Hash of its bytes.</param>
/// <param name="Modified">When it was changed last.</param>
/// <param name="Stamp">Its stamp.</param>
internal sealed record FileContent(string Text, bool HasByteOrderMark, string Sha256, DateTime Modified, FileStamp Stamp)
{
    /// <summary>Whether nobody wrote to the file since it was read, by its time and length.</summary>
    public bool IsStillThere() =>
        new FileInfo(Stamp.Path) is { Exists: true } now && now.LastWriteTimeUtc == Modified && now.Length == Stamp.Length;
}

/// <summary>Reads each source and header once in a run, however many jobs want it.</summary>
/// <remarks>Length and time are taken before the content: if the file changes in between, its stamp is not current and the
/// next run looks again.</remarks>
internal sealed class FileContents
{
    private readonly ConcurrentDictionary<string, Lazy<FileContent?>> files = new(StringComparer.Ordinal);

    /// <summary>A file's content; null if there is no such file.</summary>
    public FileContent? Get(string path) => files.GetOrAdd(path, p => new Lazy<FileContent?>(() => Read(p))).Value;

    private static FileContent? Read(string path)
    {
        var info = new FileInfo(path);
        if (!info.Exists) return null;
        try
        {
            var (length, modified) = (info.Length, info.LastWriteTimeUtc);
            var bytes = File.ReadAllBytes(path);
            var hash = Hash.Of(bytes);
            using var reader = new StreamReader(new MemoryStream(bytes), Encoding.UTF8);
            return new FileContent(reader.ReadToEnd(), bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble), hash, modified, new FileStamp(path, length, modified.Ticks, hash));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
