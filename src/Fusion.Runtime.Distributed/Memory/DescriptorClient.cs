using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace Fusion.Runtime.Distributed.Memory;

/// <summary>Gets file descriptors that another process of the same user offers (<see cref="DescriptorServer"/>).</summary>
internal static class DescriptorClient
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <summary>Gets a duplicate of a descriptor.</summary>
    /// <param name="name">Name of the server's socket.</param>
    /// <param name="token">Token of the descriptor.</param>
    /// <param name="timeout">Longest time to wait.</param>
    /// <returns>The duplicate, which programs that this process starts do not inherit.</returns>
    /// <exception cref="IOException">There is no such server, another user has it, or it does not know the token.</exception>
    /// <exception cref="TimeoutException">The server did not answer in time.</exception>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux.</exception>
    public static SafeFileHandle Fetch(string name, ReadOnlySpan<byte> token, TimeSpan timeout)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(token.Length, DescriptorServer.TokenBytes, nameof(token));
        LinuxCalls.ThrowUnlessThere();
        var deadline = Deadline.After(timeout);
        while (true)
        {
            try
            {
                return FetchOnce(name, token, deadline, timeout);
            }
            catch (SocketException e) when (IsDropped(e) && !deadline.IsOver)
            {
                // The server has dropped the connection before it read the token, because too many others came.
                Thread.Sleep(Pause);
            }
            catch (SocketException e) when (IsDropped(e) || e.SocketErrorCode == SocketError.WouldBlock)
            {
                throw Late(name, timeout);
            }
            catch (SocketException e)
            {
                throw new IOException(
                    $"No descriptor can be had from the socket '@{name}' ({e.Message}): its process has ended, or is in another network namespace, as in another container.", e);
            }
        }
    }

    private static SafeFileHandle FetchOnce(string name, ReadOnlySpan<byte> token, Deadline deadline, TimeSpan timeout)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        Connect(socket, name, deadline);
        if (!SameUser.Is(socket)) throw new IOException($"The socket '@{name}' belongs to another user: all ranks of a machine must run as one user.");
        // 32 bytes fit into the buffer of a new connection.
        _ = socket.Send(token);
        while (!socket.Poll(deadline.Remaining, SelectMode.SelectRead))
            if (deadline.IsOver) throw Late(name, timeout);
        return DescriptorMessage.TryReceive(socket.SafeHandle, out var isReset) ?? throw (isReset ? new SocketException((int)SocketError.ConnectionReset) : Unknown(name));
    }

    private static bool IsDropped(SocketException e) => e.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown or SocketError.ConnectionAborted;

    // A full queue refuses at once instead of waiting.
    private static void Connect(Socket socket, string name, Deadline deadline)
    {
        socket.Blocking = false;
        while (true)
        {
            try
            {
                socket.Connect(SameUser.EndPoint(name));
                return;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.WouldBlock && !deadline.IsOver)
            {
                Thread.Sleep(Pause);
            }
        }
    }

    private static IOException Unknown(string name) => new(
        $"The process behind the socket '@{name}' gave no descriptor: it does not know the token, or no longer. Its operation may have been disposed.");

    private static TimeoutException Late(string name, TimeSpan timeout) =>
        new($"The process behind the socket '@{name}' did not give a descriptor within {timeout.TotalSeconds:0.###} seconds: it is stopped or overloaded.");
}
