using System.Globalization;

namespace Fusion.Build.Contract;

/// <summary>What a path held when fusionc looked at it.</summary>
/// <param name="path">Full path.</param>
/// <param name="length">Bytes of the file; -1 for a folder, -2 for nothing there.</param>
/// <param name="modified">Time of the last change, in ticks of UTC; 0 for nothing there.</param>
/// <param name="sha256">Hash of the content; empty if length and time alone decide.</param>
public sealed class FileStamp(string path, long length, long modified, string sha256)
{
    private const long Folder = -1;
    private const long Nothing = -2;

    /// <summary>Full path.</summary>
    public string Path { get; } = path;

    /// <summary>Bytes of the file; negative if it is none.</summary>
    public long Length { get; } = length;

    /// <summary>Hash of the content; empty if length and time alone decide.</summary>
    public string Sha256 { get; } = sha256;

    private long Modified { get; } = modified;

    /// <summary>The stamp of what is there now, by length and time.</summary>
    /// <param name="path">A file, a folder, or nothing.</param>
    public static FileStamp Of(string path) => Of(path, "");

    /// <summary>The stamp of what is there now, by content.</summary>
    /// <param name="path">A file.</param>
    /// <param name="sha256">Hash of its content.</param>
    public static FileStamp Of(string path, string sha256)
    {
        var file = new FileInfo(path);
        if (file.Exists) return new FileStamp(path, file.Length, file.LastWriteTimeUtc.Ticks, sha256);
        var folder = new DirectoryInfo(path);
        return folder.Exists
            ? new FileStamp(path, Folder, folder.LastWriteTimeUtc.Ticks, "")
            : new FileStamp(path, Nothing, 0, "");
    }

    /// <summary>Whether the path still holds the same. A file that was only touched does.</summary>
    public bool IsCurrent()
    {
        var now = Of(Path);
        if (now.Length != Length) return false;
        if (now.Modified == Modified) return true;
        return Sha256.Length > 0 && Hash.OfFile(Path) == Sha256;
    }

    internal string[] ToFields() =>
        [Path, Length.ToString(CultureInfo.InvariantCulture), Modified.ToString(CultureInfo.InvariantCulture), Sha256];

    internal static FileStamp FromFields(string[] fields, int first) => new(
        fields[first],
        long.Parse(fields[first + 1], CultureInfo.InvariantCulture),
        long.Parse(fields[first + 2], CultureInfo.InvariantCulture),
        fields[first + 3]);
}
