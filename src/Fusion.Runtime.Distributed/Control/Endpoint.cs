using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fusion.Runtime.Distributed.Memory;

namespace Fusion.Runtime.Distributed.Control;

/// <summary>The place where ranks meet, as sockets.</summary>
/// <param name="rendezvous">Who meets where.</param>
internal sealed class Endpoint(Rendezvous rendezvous)
{
    // Ranks that all come at the same moment, and strangers before them.
    private const int Backlog = 512;

    private readonly RendezvousAddress address = rendezvous.Address;

    /// <summary>Throws unless it is safe to meet there.</summary>
    /// <exception cref="RendezvousException">Anybody could connect.</exception>
    public void ThrowUnlessSafe()
    {
        if (address.Host is not null && string.IsNullOrEmpty(rendezvous.Secret) && !IsLoopback) throw RendezvousErrors.NoSecret(rendezvous);
        if (rendezvous.Tls is not null && address.Host is null) throw RendezvousErrors.TlsOnUnixSocket(rendezvous);
    }

    /// <summary>Listens there.</summary>
    /// <returns>A socket, to be disposed.</returns>
    /// <exception cref="RendezvousException">The address is in use, or not of this machine.</exception>
    public Socket Listen()
    {
        var socket = NewSocket();
        try
        {
            if (address.Path is { } path)
            {
                RemoveLeftFile(path);
                socket.Bind(UnixEndPoint(path));
                if (path[0] != '@' && !OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }
            else
            {
                socket.DualMode = true;
                socket.Bind(new IPEndPoint(IsLoopback ? Loopback() : IPAddress.IPv6Any, address.Port));
            }

            socket.Listen(Backlog);
            return socket;
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException)
        {
            socket.Dispose();
            throw RendezvousErrors.CannotListen(rendezvous, e);
        }
    }

    /// <summary>Connects to rank 0.</summary>
    /// <param name="cancellationToken">Token that ends the attempt.</param>
    /// <returns>A connection, to be disposed.</returns>
    /// <exception cref="SocketException">Nobody listens there.</exception>
    public async Task<Socket> ConnectAsync(CancellationToken cancellationToken)
    {
        var socket = NewSocket();
        try
        {
            if (address.Path is { } path) await socket.ConnectAsync(UnixEndPoint(path), cancellationToken).ConfigureAwait(false);
            else await socket.ConnectAsync(address.Host!, address.Port, cancellationToken).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Makes rank 0's side of a connection.</summary>
    /// <param name="socket">The connection.</param>
    /// <param name="cancellationToken">Token that ends the attempt.</param>
    /// <returns>Messages over it; null for a process of another user.</returns>
    public async Task<MessageStream?> AcceptAsync(Socket socket, CancellationToken cancellationToken)
    {
        if (IsOfStranger(socket)) return null;
        var plain = new NetworkStream(socket, ownsSocket: false);
        if (rendezvous.Tls is not { } tls) return new(socket, plain);
        var secure = new SslStream(plain);
        using var certificate = Certificate(tls);
        await secure.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions { ServerCertificate = certificate }, cancellationToken).ConfigureAwait(false);
        return new(socket, secure);
    }

    /// <summary>Makes the other side of a connection.</summary>
    /// <param name="socket">The connection.</param>
    /// <param name="cancellationToken">Token that ends the attempt.</param>
    /// <returns>Messages over it.</returns>
    /// <exception cref="RendezvousException">Who listens there is another user, or has another certificate.</exception>
    public async Task<MessageStream> OpenAsync(Socket socket, CancellationToken cancellationToken)
    {
        if (IsOfStranger(socket)) throw RendezvousErrors.OtherUser(rendezvous);
        var plain = new NetworkStream(socket, ownsSocket: false);
        if (rendezvous.Tls is not { } tls) return new(socket, plain);
        var secure = new SslStream(plain);
        try
        {
            await secure.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions { TargetHost = address.Host, CertificateChainPolicy = Trust(tls) }, cancellationToken).ConfigureAwait(false);
        }
        catch (AuthenticationException e)
        {
            throw RendezvousErrors.Certificate(rendezvous, e);
        }

        return new(socket, secure);
    }

    /// <summary>Throws unless the certificates can be read.</summary>
    /// <exception cref="RendezvousException">A file is missing or has none.</exception>
    public void ThrowUnlessReadable()
    {
        if (rendezvous.Tls is not { } tls) return;
        foreach (var certificate in Trust(tls).CustomTrustStore) certificate.Dispose();
        if (rendezvous.Rank == 0) Certificate(tls).Dispose();
    }

    private bool IsLoopback => address.Host is { } host &&
        (host == "localhost" || (IPAddress.TryParse(host, out var ip) && IPAddress.IsLoopback(ip)));

    private IPAddress Loopback() => IPAddress.TryParse(address.Host, out var ip)
        ? ip.AddressFamily == AddressFamily.InterNetwork ? ip.MapToIPv6() : ip : IPAddress.Loopback.MapToIPv6();

    private static UnixDomainSocketEndPoint UnixEndPoint(string path) => path[0] == '@' ? SameUser.EndPoint(path[1..]) : new(path);

    // What a process that was killed left: nobody listens there.
    private static void RemoveLeftFile(string path)
    {
        if (path[0] == '@' || !File.Exists(path)) return;
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(UnixEndPoint(path));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(path);
        }
    }

    private bool IsOfStranger(Socket socket) => address.Path is not null && !SameUser.Is(socket);

    private X509Certificate2 Certificate(RendezvousTls tls) => Read(
        () => X509Certificate2.CreateFromPemFile(tls.Certificate ?? throw new IOException("no certificate is named"), tls.Key));

    private X509ChainPolicy Trust(RendezvousTls tls)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(Read(() => X509CertificateLoader.LoadCertificateFromFile(tls.Authority)));
        return policy;
    }

    private X509Certificate2 Read(Func<X509Certificate2> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw RendezvousErrors.Certificate(rendezvous, e);
        }
    }

    private Socket NewSocket() => address.Path is null
        ? new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }
        : new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
}
