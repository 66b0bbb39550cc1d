using System.Globalization;

namespace Fusion.Compiler.Caching;

/// <summary>Whether what lies in a folder of the compile cache was written by this user alone. Whoever else can write there decides
/// which machine code goes into this user's assemblies.</summary>
/// <remarks>Windows keeps a user's folders from other users by access lists, which are not looked at here.</remarks>
internal static class CacheTrust
{
    private const uint Administrator = 0;
    private const UnixFileMode OwnersFolder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>The mode of a file that only its owner may read and write.</summary>
    public const UnixFileMode OwnersFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Looks at a file or folder itself.</summary>
    /// <param name="path">Full path.</param>
    /// <returns>Who else can write there; null if nobody can, or if it is not there.</returns>
    public static string? WhyNot(string path) => OperatingSystem.IsLinux() && Path.Exists(path)
        ? WhyNot(path, mayBeOpen: false)
        : null;

    /// <summary>Looks at the folder that the user named, and at the folders above it: who can rename one of them can put another in
    /// its place.</summary>
    /// <param name="root">Full path of the folder.</param>
    /// <returns>Who else can; null if nobody.</returns>
    public static string? WhyNotBelow(string root)
    {
        if (!OperatingSystem.IsLinux()) return null;
        if (Path.Exists(root) && WhyNot(root, mayBeOpen: true) is { } why) return why;
        for (var above = Path.GetDirectoryName(root); above is not null; above = Path.GetDirectoryName(above))
        {
            if (FileRights.Of(above) is { IsSticky: false } open && (open.Mode & UnixFileMode.OtherWrite) != 0)
                return $"'{above}' can be written by all users (mode {Octal(open.Mode)})";
        }

        return null;
    }

    /// <summary>Creates a folder, and those above it that are missing, for this user alone.</summary>
    /// <param name="path">Full path.</param>
    public static void CreateFolder(string path)
    {
        if (Directory.Exists(path)) return;
        if (Path.GetDirectoryName(path) is { } above) CreateFolder(above);
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, OwnersFolder);
    }

    // A folder that only holds the cache's own may be the administrator's, and open like /tmp: nobody renames what is not theirs there.
    private static string? WhyNot(string path, bool mayBeOpen)
    {
        if (FileRights.Of(path) is not { } rights) return $"the system does not say who owns '{path}'";
        if (rights.Owner != FileRights.CurrentUser && !(mayBeOpen && rights.Owner == Administrator))
            return string.Create(CultureInfo.InvariantCulture, $"'{path}' belongs to another user, number {rights.Owner}");
        return rights.MayOthersWrite && !(mayBeOpen && rights.IsSticky)
            ? $"'{path}' can be written by other users (mode {Octal(rights.Mode)})"
            : null;
    }

    private static string Octal(UnixFileMode mode) => Convert.ToString((int)mode, 8).PadLeft(4, '0');
}
