using System.Runtime.InteropServices;

namespace Fusion.Build.Contract;

/// <summary>Paths as the system follows them. .NET takes <c>folder/..</c> out of a path before it opens it, which leads
/// elsewhere if the folder is a symbolic link: there <c>..</c> is the folder above the link's target.</summary>
public static class PhysicalPath
{
    private static readonly bool IsWindows = Path.DirectorySeparatorChar == '\\';

    /// <summary>A full path without <c>.</c> and doubled separators, but with each <c>..</c> left where it is.</summary>
    /// <param name="path">A path.</param>
    /// <param name="directory">Full path of the folder where a relative path starts.</param>
    public static string Full(string path, string directory)
    {
        // Windows itself takes .. out of a path by its text.
        if (IsWindows) return Path.GetFullPath(Path.Combine(directory, path));
        var parts = Path.Combine(directory, path).Split(['/'], StringSplitOptions.RemoveEmptyEntries).Where(part => part != ".");
        return "/" + string.Join("/", parts);
    }

    /// <summary>A path for .NET's functions that means what the system means by the given one.</summary>
    /// <param name="path">A full path.</param>
    /// <returns>Null if a folder on the way is not there.</returns>
    public static string? ToOpen(string path)
    {
        if (IsWindows || !HasParent(path)) return path;
        return Target(Path.GetDirectoryName(path)!) is { } folder ? Path.Combine(folder, Path.GetFileName(path)) : null;
    }

    /// <summary>Where a path leads, with no link and no <c>..</c> in it.</summary>
    /// <param name="path">A full path.</param>
    /// <returns>Null if there is nothing, or nobody knows. On Windows a path is not followed.</returns>
    public static string? Target(string path)
    {
        if (IsWindows) return File.Exists(path) || Directory.Exists(path) ? Path.GetFullPath(path) : null;
        var resolved = RealPath(path, IntPtr.Zero);
        if (resolved == IntPtr.Zero) return null;
        try
        {
            return Utf8(resolved);
        }
        finally
        {
            Free(resolved);
        }
    }

    /// <summary>Whether a path has a part <c>..</c>.</summary>
    /// <param name="path">A path.</param>
    public static bool HasParent(string path) => path.Contains("/../") || path.EndsWith("/..", StringComparison.Ordinal);

    private static string Utf8(IntPtr text)
    {
        var length = 0;
        while (Marshal.ReadByte(text, length) != 0) length++;
        var bytes = new byte[length];
        Marshal.Copy(text, bytes, 0, length);
        return System.Text.Encoding.UTF8.GetString(bytes);
    }

    private static IntPtr RealPath(string path, IntPtr buffer) =>
        RealPath([.. System.Text.Encoding.UTF8.GetBytes(path), 0], buffer);

    [DllImport("libc", EntryPoint = "realpath")]
    private static extern IntPtr RealPath(byte[] path, IntPtr buffer);

    [DllImport("libc", EntryPoint = "free")]
    private static extern void Free(IntPtr memory);
}
