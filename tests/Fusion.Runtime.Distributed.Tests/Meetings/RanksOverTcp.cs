using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fusion.Runtime.Distributed.Tests.Support;

namespace Fusion.Runtime.Distributed.Tests.Meetings;

public sealed class RanksOverTcp
{
    private readonly string folder = Directory.CreateTempSubdirectory("fusion-").FullName;

    [OneTimeTearDown]
    public void RemoveFiles() => Directory.Delete(folder, recursive: true);

    [TestCase("127.0.0.1")]
    [TestCase("localhost")]
    [TestCase("::1")]
    public async Task MeetOnTheLoopbackInterfaceWithoutASecret(string host) =>
        Assert.That(await Meeting.Try(2, RendezvousAddress.Tcp(host, Meeting.FreePort())), Is.All.EqualTo("met"));

    [Test]
    public async Task NeedASecretElsewhere()
    {
        var address = RendezvousAddress.Tcp(Dns.GetHostName(), Meeting.FreePort());
        Assert.That(await Meeting.Try(2, address), Is.All.StartsWith("FUSION4016: Without a secret, everybody who reaches"));
        Assert.That(await Meeting.Try(2, address, rank => rank with { Secret = "a secret" }), Is.All.EqualTo("met"));
    }

    [Test]
    public async Task MeetBetweenTwoAddressesAsMachinesDo()
    {
        // Without shared memory, as far from each other as two machines.
        var address = RendezvousAddress.Tcp("127.0.0.2", Meeting.FreePort());
        Assert.That(await Meeting.Try(2, address, rank => rank with { SharesMemory = false, Secret = "s" }), Is.All.EqualTo("met"));
    }

    [Test]
    public async Task EncryptWhatTheySay()
    {
        var (authority, certificate, key) = Certificates("localhost");
        var address = RendezvousAddress.Tcp("localhost", Meeting.FreePort());
        Assert.That(
            await Meeting.Try(2, address, rank => rank with { Secret = "s", Tls = new(rank.Rank == 0 ? certificate : null, rank.Rank == 0 ? key : null, authority) }),
            Is.All.EqualTo("met"));
    }

    [Test]
    public async Task RefuseCertificatesOfOthers()
    {
        var (authority, certificate, key) = Certificates("localhost");
        var (other, _, _) = Certificates("localhost");
        var (_, named, namedKey) = Certificates("elsewhere");
        var address = RendezvousAddress.Tcp("localhost", Meeting.FreePort());
        var ends = await Meeting.Try(
            Meeting.Of(0, 2, address) with { Tls = new(certificate, key, authority), Timeout = TimeSpan.FromSeconds(2) },
            Meeting.Of(1, 2, address) with { Timeout = TimeSpan.FromSeconds(2), Tls = new(null, null, other) });
        Assert.That(ends[1], Does.StartWith($"FUSION4016: The connection to {address} cannot be encrypted"));
        ends = await Meeting.Try(
            Meeting.Of(0, 2, address) with { Tls = new(named, namedKey, authority), Timeout = TimeSpan.FromSeconds(2) },
            Meeting.Of(1, 2, address) with { Timeout = TimeSpan.FromSeconds(2), Tls = new(null, null, authority) });
        Assert.That(ends[0], Does.Contain("FUSION40"));
        Assert.That(ends[1], Does.StartWith("FUSION40"));
        ends = await Meeting.Try(2, address, rank => rank with { Timeout = TimeSpan.FromSeconds(1), Tls = new(Path.Combine(folder, "none.pem"), key, authority) });
        Assert.That(ends[0], Does.StartWith("FUSION4016").And.Contain("none.pem"));
        Assert.That((await Meeting.Try(1, Meeting.NewAddress(), rank => rank with { Tls = new(certificate, key, authority) }))[0], Does.StartWith("FUSION4016"));
    }

    [Test]
    public async Task AreToldThatThePortIsInUse()
    {
        using var other = new TcpListener(IPAddress.IPv6Any, 0);
        other.Server.DualMode = true;
        other.Start();
        var address = RendezvousAddress.Tcp("localhost", ((IPEndPoint)other.LocalEndpoint).Port);
        var ends = await Meeting.Try(2, address, rank => rank with { Timeout = TimeSpan.FromSeconds(1) });
        Assert.That(ends[0], Does.StartWith($"FUSION4015: Rank 0 cannot listen at {address}"));
        Assert.That(ends[1], Does.StartWith("FUSION4014"));
    }

    private (string Authority, string Certificate, string Key) Certificates(string host)
    {
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=authority", authorityKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var own = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        own.CertificateExtensions.Add(names.Build());
        using var certificate = own.Create(authority, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1), RandomNumberGenerator.GetBytes(8));
        return (Write(authority.ExportCertificatePem()), Write(certificate.ExportCertificatePem()), Write(key.ExportPkcs8PrivateKeyPem()));
    }

    private string Write(string text)
    {
        var path = Path.Combine(folder, $"{Guid.NewGuid():n}.pem");
        File.WriteAllText(path, text);
        return path;
    }
}
