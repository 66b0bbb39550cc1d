using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Fusion.Runtime.Distributed.Memory;

/// <summary>Abstract Unix sockets, to which any user of the machine can connect, and the question whose a connection is.</summary>
internal static class SameUser
{
    private const int SocketLevel = 1;
    private const int PeerCredentials = 17;

    /// <summary>Gets the address of an abstract socket.</summary>
    /// <param name="name">Name of the socket, without the byte 0 that marks it as abstract.</param>
    public static UnixDomainSocketEndPoint EndPoint(string name) => new($"\0{name}");

    /// <summary>Tells whether the process at the other end runs as this process's user.</summary>
    /// <param name="socket">A connected Unix socket.</param>
    public static bool Is(Socket socket)
    {
        // A ucred: process, user and group at the time of the connection.
        Span<int> credentials = stackalloc int[3];
        credentials.Fill(-1);
        var bytes = socket.GetRawSocketOption(SocketLevel, PeerCredentials, MemoryMarshal.AsBytes(credentials));
        return bytes == 3 * sizeof(int) && (uint)credentials[1] == LinuxCalls.EffectiveUser();
    }
}
