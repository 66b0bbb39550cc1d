using Fusion.Build.Contract;
using Fusion.Compiler.Nvrtc;
using Fusion.Interop.Nvrtc;

namespace Fusion.Compiler.Caching;

/// <summary>Tells one NVRTC from another by the content of its libraries: several builds have one version number.</summary>
internal static class NvrtcIdentity
{
    /// <summary>The identity.</summary>
    /// <param name="library">NVRTC.</param>
    /// <param name="machine">Knows the content of what was looked at before it was loaded.</param>
    /// <returns>Null if one of its libraries is not where it can be read.</returns>
    public static string? Of(NvrtcLibrary library, TrackedMachine machine)
    {
        if (library.BuiltinsPath is not { } builtins) return null;
        FileStamp[] parts = [machine.TrackContent(library.Path), machine.TrackContent(builtins)];
        return parts.All(part => part.IsContent) ? string.Join(' ', parts.Select(part => part.Held)) : null;
    }
}
