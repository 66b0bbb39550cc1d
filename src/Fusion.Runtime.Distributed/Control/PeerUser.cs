using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Fusion.Runtime.Distributed.Control;

/// <summary>Tells which user the process at the other end of a Unix socket has: an abstract socket has no permissions of its own.</summary>
internal static partial class PeerUser
{
    private const int SocketLevel = 1, PeerCredentials = 17, CredentialBytes = 12;

    /// <summary>Whether the other side is a process of this user, or of root.</summary>
    /// <param name="socket">A connected Unix socket.</param>
    public static bool IsTrusted(Socket socket)
    {
        // struct ucred: process, user, group.
        Span<int> credentials = stackalloc int[CredentialBytes / sizeof(int)];
        var read = socket.GetRawSocketOption(SocketLevel, PeerCredentials, MemoryMarshal.AsBytes(credentials));
        return read == CredentialBytes && ((uint)credentials[1] == EffectiveUser() || credentials[1] == 0);
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUser();
}
