using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Fusion.Runtime.Distributed.Memory;

/// <summary>Gives file descriptors to other processes of the same user that know their tokens, through an abstract Unix socket, of
/// which nothing is left in any file system.</summary>
/// <remarks>A connection brings a token of 32 bytes and gets the descriptor, or is closed. One that says nothing is closed after a
/// while, or earlier when others come. Members may be called from any thread.</remarks>
internal sealed class DescriptorServer : IDisposable
{
    /// <summary>Size of a token in bytes.</summary>
    public const int TokenBytes = 32;

    private const int Backlog = 128;
    private const int MostConnections = 64;

    // A client sends its token right after it has connected. Chosen generously.
    private static readonly TimeSpan LongestConnection = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly Lock gate = new();
    private readonly List<(byte[] Token, SafeFileHandle Descriptor)> offers = [];
    private readonly Socket listener;
    private readonly Thread thread;
    private volatile bool isClosing;

    /// <exception cref="PlatformNotSupportedException">The system is not Linux.</exception>
    /// <exception cref="SocketException">The system has no room for a socket.</exception>
    public DescriptorServer()
    {
        LinuxCalls.ThrowUnlessThere();
        Name = $"fusion-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))}";
        listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            listener.Bind(SameUser.EndPoint(Name));
            listener.Listen(Backlog);
        }
        catch
        {
            listener.Dispose();
            throw;
        }

        // Not one of the pool's threads: all of those may be waiting for descriptors.
        thread = new(Run) { IsBackground = true, Name = "Fusion: gives descriptors to other processes" };
        thread.Start();
    }

    /// <summary>Name of the abstract socket, for <see cref="DescriptorClient.Fetch"/>.</summary>
    public string Name { get; }

    /// <summary>Offers a descriptor.</summary>
    /// <param name="descriptor">The descriptor, which stays open until <see cref="Withdraw"/>, also if it is disposed.</param>
    /// <returns>Token with which processes get it, each its own duplicate.</returns>
    /// <exception cref="ObjectDisposedException">The server or the descriptor is closed.</exception>
    public byte[] Offer(SafeFileHandle descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        var token = RandomNumberGenerator.GetBytes(TokenBytes);
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(isClosing, this);
            var isKept = false;
            descriptor.DangerousAddRef(ref isKept);
            offers.Add((token, descriptor));
        }

        return [.. token];
    }

    /// <summary>Ends an offer. Processes that have the descriptor keep it.</summary>
    /// <param name="token">Token of the offer; one that is unknown is ignored.</param>
    public void Withdraw(ReadOnlySpan<byte> token)
    {
        lock (gate)
        {
            if (Find(token) is not (>= 0 and var at)) return;
            offers[at].Descriptor.DangerousRelease();
            offers.RemoveAt(at);
        }
    }

    /// <summary>Ends all offers and closes the socket.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (isClosing) return;
            isClosing = true;
            foreach (var (_, descriptor) in offers) descriptor.DangerousRelease();
            offers.Clear();
        }

        // Wakes the thread, which then closes the socket. If the queue is full, the thread is awake.
        using var last = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            last.Connect(SameUser.EndPoint(Name));
        }
        catch (SocketException)
        {
        }

        _ = thread.Join(LongestConnection);
    }

    private void Run()
    {
        var connections = new List<Connection>();
        while (!isClosing)
        {
            try
            {
                var readable = new List<Socket>(connections.Count + 1) { listener };
                foreach (var one in connections) readable.Add(one.Socket);
                Socket.Select(readable, null, null, connections.Count == 0 ? Timeout.InfiniteTimeSpan : connections[0].Deadline.Remaining);
                connections.RemoveAll(one => IsOver(one, readable.Contains(one.Socket)));
                if (readable.Contains(listener) && !isClosing) Accept(connections);
            }
            // Nothing that a stranger does ends the process. It may also have too many open files for a while, which would be found
            // again at once.
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                Thread.Sleep(Pause);
            }
        }

        foreach (var one in connections) one.Socket.Dispose();
        listener.Dispose();
    }

    private void Accept(List<Connection> connections)
    {
        var socket = listener.Accept();
        var isAccepted = false;
        try
        {
            isAccepted = SameUser.Is(socket);
        }
        finally
        {
            if (!isAccepted) socket.Dispose();
        }

        if (!isAccepted) return;
        connections.Add(new(socket));
        if (connections.Count <= MostConnections) return;
        // It has had its time: those that know a token send it at once.
        connections[0].Socket.Dispose();
        connections.RemoveAt(0);
    }

    // Reads what has come of a token, and answers a whole one.
    private bool IsOver(Connection connection, bool isReadable)
    {
        try
        {
            if (!isReadable && !connection.Deadline.IsOver) return false;
            if (isReadable && connection.Socket.Receive(connection.Token.AsSpan(connection.Have)) is > 0 and var more)
            {
                connection.Have += more;
                if (connection.Have < TokenBytes && !connection.Deadline.IsOver) return false;
                lock (gate)
                {
                    if (connection.Have == TokenBytes && Find(connection.Token) is >= 0 and var at)
                        _ = DescriptorMessage.TrySend(connection.Socket.SafeHandle, offers[at].Descriptor);
                }
            }
        }
        catch (SocketException)
        {
            // The peer has ended: nobody waits for an answer.
        }

        connection.Socket.Dispose();
        return true;
    }

    // All are compared, so that the time says nothing of the tokens.
    private int Find(ReadOnlySpan<byte> token)
    {
        var found = -1;
        for (var i = 0; i < offers.Count; i++)
            if (CryptographicOperations.FixedTimeEquals(offers[i].Token, token)) found = i;
        return found;
    }

    private sealed record Connection(Socket Socket)
    {
        public Deadline Deadline { get; } = Deadline.After(LongestConnection);

        public byte[] Token { get; } = new byte[TokenBytes];

        public int Have { get; set; }
    }
}
