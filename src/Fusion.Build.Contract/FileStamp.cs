namespace Fusion.Build.Contract;

/// <summary>What a path held when fusionc looked at it: by content, never by time alone. Links are followed, so that what counts is
/// the file that a program would read.</summary>
public sealed class FileStamp
{
    /// <summary>What a path held where there is no file and no folder; a link that leads nowhere is as good as none.</summary>
    public const string Nothing = "nothing";

    /// <summary>What a path held where there is a folder.</summary>
    public const string Folder = "folder";

    /// <summary>What a path held where there is a file whose content does not matter.</summary>
    public const string AnyFile = "file";

    private const string NeverTheSame = "unsettled";
    private const string NamesPrefix = "names:";
    private const string TargetPrefix = "target:";
    private const string ContentPrefix = "sha256:";

    private FileStamp(string path, string held, string identity = "")
    {
        Path = path;
        Held = held;
        Identity = identity;
    }

    /// <summary>Full path that was looked at.</summary>
    public string Path { get; }

    /// <summary>What the path held: one of the constants, or a hash with a word in front that says of what.</summary>
    public string Held { get; }

    /// <summary>The file's <see cref="FileIdentity"/> before its content was read; empty if the content is to be read again. It only
    /// saves time: where it differs, the content decides.</summary>
    public string Identity { get; }

    /// <summary>Whether the path held a file whose content matters.</summary>
    public bool IsContent => Held.StartsWith(ContentPrefix, StringComparison.Ordinal);

    /// <summary>Whether there is a file, a folder or nothing now.</summary>
    /// <param name="path">Full path.</param>
    public static FileStamp OfPresence(string path) => new(path, Presence(path));

    /// <summary>The content that a file has now.</summary>
    /// <param name="path">Full path of a file; of anything else, its presence counts.</param>
    public static FileStamp OfContent(string path)
    {
        var identity = FileIdentity.Of(path, DateTimeOffset.UtcNow);
        return new(path, Content(path), identity);
    }

    /// <summary>The content that a file had when it was read.</summary>
    /// <param name="path">Full path of the file.</param>
    /// <param name="sha256">Hash of what was read.</param>
    public static FileStamp OfContent(string path, string sha256) => new(path, ContentPrefix + sha256);

    /// <summary>The names in a folder now.</summary>
    /// <param name="path">Full path of a folder; of anything else, its presence counts.</param>
    public static FileStamp OfNames(string path) => new(path, Names(path));

    /// <summary>Where a path leads now, with all links followed.</summary>
    /// <param name="path">Full path.</param>
    public static FileStamp OfTarget(string path) => new(path, Target(path));

    /// <summary>A path that changed while it was used: it never counts as the same.</summary>
    /// <param name="path">Full path.</param>
    public static FileStamp Unsettled(string path) => new(path, NeverTheSame);

    /// <summary>A stamp that was taken before.</summary>
    /// <param name="path">Full path.</param>
    /// <param name="held">Its <see cref="Held"/>.</param>
    /// <param name="identity">Its <see cref="Identity"/>.</param>
    public static FileStamp Of(string path, string held, string identity = "") => new(path, held, identity);

    /// <summary>Whether the path still holds the same.</summary>
    public bool IsCurrent()
    {
        if (Held == NeverTheSame) return false;
        if (IsContent)
            return (Identity.Length > 0 && FileIdentity.Of(Path, DateTimeOffset.UtcNow) == Identity) || Content(Path) == Held;
        if (Held.StartsWith(NamesPrefix, StringComparison.Ordinal)) return Names(Path) == Held;
        return (Held.StartsWith(TargetPrefix, StringComparison.Ordinal) ? Target(Path) : Presence(Path)) == Held;
    }

    private static string Target(string path) => PhysicalPath.Target(path) is { } target ? TargetPrefix + target : Nothing;

    private static string Presence(string path)
    {
        if (PhysicalPath.ToOpen(path) is not { } physical) return Nothing;
        // .NET says of a link that leads nowhere that it exists.
        if (File.Exists(physical)) return PhysicalPath.Target(physical) is null ? Nothing : AnyFile;
        return Directory.Exists(physical) && PhysicalPath.Target(physical) is not null ? Folder : Nothing;
    }

    private static string Content(string path)
    {
        try
        {
            // A file that can be read needs no other question.
            if (PhysicalPath.ToOpen(path) is { } physical) return ContentPrefix + Hash.OfFile(physical);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }

        // For who would read a file that cannot be read there is none.
        return Presence(path) is var presence and not AnyFile ? presence : Nothing;
    }

    private static string Names(string path)
    {
        try
        {
            if (Presence(path) is var presence and not Folder) return presence;
            var names = Directory.GetFileSystemEntries(PhysicalPath.ToOpen(path)!).Select(System.IO.Path.GetFileName);
            return NamesPrefix + Hash.Of(string.Join("\n", names.OrderBy(name => name, StringComparer.Ordinal)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Nothing;
        }
    }
}
