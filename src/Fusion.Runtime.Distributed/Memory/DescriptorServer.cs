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

    private readonly Lock gate = new();
    private readonly List<(byte[] Token, SafeFileHandle Descriptor)> offers = [];
    private readonly Queue<CancellationTokenSource> connections = [];
    private readonly CancellationTokenSource closing = new();
    private readonly Socket listener;

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

        _ = Task.Run(AcceptAsync);
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
            ObjectDisposedException.ThrowIf(closing.IsCancellationRequested, this);
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
            if (closing.IsCancellationRequested) return;
            closing.Cancel();
            foreach (var (_, descriptor) in offers) descriptor.DangerousRelease();
            offers.Clear();
        }

        listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!closing.IsCancellationRequested)
        {
            try
            {
                var connection = await listener.AcceptAsync(closing.Token).ConfigureAwait(false);
                if (SameUser.Is(connection)) Serve(connection);
                else connection.Dispose();
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                // The process may have too many open files for a while, which would be found again at once.
                await Task.Delay(TimeSpan.FromMilliseconds(50), CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private void Serve(Socket connection)
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(closing.Token);
        limit.CancelAfter(LongestConnection);
        CancellationTokenSource? oldest = null;
        lock (connections)
        {
            connections.Enqueue(limit);
            if (connections.Count > MostConnections) oldest = connections.Dequeue();
        }

        // It has had its time: those that know a token send it at once.
        oldest?.Cancel();
        _ = ServeAsync(connection, limit.Token);
    }

    private async Task ServeAsync(Socket connection, CancellationToken cancellation)
    {
        using (connection)
        {
            try
            {
                var token = new byte[TokenBytes];
                for (var have = 0; have < TokenBytes;)
                {
                    var more = await connection.ReceiveAsync(token.AsMemory(have), cancellation).ConfigureAwait(false);
                    if (more == 0) return;
                    have += more;
                }

                lock (gate)
                {
                    if (Find(token) is >= 0 and var at) _ = DescriptorMessage.TrySend(connection.SafeHandle, offers[at].Descriptor);
                }
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // Nobody waits for it but the peer, which sees that the connection ends.
            }
        }
    }

    // All are compared, so that the time says nothing of the tokens.
    private int Find(ReadOnlySpan<byte> token)
    {
        var found = -1;
        for (var i = 0; i < offers.Count; i++)
            if (CryptographicOperations.FixedTimeEquals(offers[i].Token, token)) found = i;
        return found;
    }
}
