using System.IO.Hashing;
using Fusion.Interop.Nvrtc;

namespace Fusion.Compiler.Caching;

/// <summary>Tells one NVRTC from another by the content of its libraries: several builds have one version number.</summary>
internal static class NvrtcIdentity
{
    /// <summary>The identity.</summary>
    /// <returns>Null if one of its libraries is not where it can be read.</returns>
    public static string? Of(NvrtcLibrary library)
    {
        if (library.BuiltinsPath is not { } builtins || !File.Exists(library.Path)) return null;
        try
        {
            return $"{HashOf(library.Path)} {HashOf(builtins)}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // Tens of megabytes: a cryptographic hash would take longer than a small kernel's compilation.
    private static string HashOf(string path)
    {
        using var file = File.OpenRead(path);
        var hash = new XxHash128();
        hash.Append(file);
        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }
}
