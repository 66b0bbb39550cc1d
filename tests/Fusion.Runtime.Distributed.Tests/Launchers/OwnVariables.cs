using System.Runtime.Versioning;
using static Fusion.Runtime.Distributed.Tests.Launchers.VariablesOfATest;

namespace Fusion.Runtime.Distributed.Tests.Launchers;

public sealed class OwnVariables
{
    private const string Enough = "FUSION_RANK=2 FUSION_WORLD_SIZE=4 FUSION_RENDEZVOUS=unix:@job ";

    [Test]
    public void SayAllThereIsToSay()
    {
        var read = Read(Enough + "FUSION_LOCAL_RANK=1 FUSION_GROUP=draft FUSION_SECRET=s3cret FUSION_DEVICE=5 FUSION_RENDEZVOUS_TIMEOUT=2.5 "
            + "FUSION_TLS_CERTIFICATE=/c.pem FUSION_TLS_KEY=/k.pem FUSION_TLS_AUTHORITY=/a.pem");

        Assert.That(read, Is.EqualTo(new Rendezvous
        {
            Rank = 2,
            WorldSize = 4,
            LocalRank = 1,
            Address = RendezvousAddress.Unix("@job"),
            Name = "draft",
            Secret = "s3cret",
            Device = 5,
            Timeout = TimeSpan.FromSeconds(2.5),
            Tls = new("/c.pem", "/k.pem", "/a.pem"),
        }));
    }

    [Test]
    public void MaySayNoMoreThanNeeded() => Assert.That(Read(Enough), Is.EqualTo(
        new Rendezvous { Rank = 2, WorldSize = 4, Address = RendezvousAddress.Unix("@job") }));

    [TestCase("unix:/run/job.sock", "/run/job.sock", null, 0)]
    [TestCase("unix:@job", "@job", null, 0)]
    [TestCase("tcp:node01:29400", null, "node01", 29400)]
    [TestCase("tcp:[fd00::1]:29400", null, "fd00::1", 29400)]
    public void NameAPlace(string text, string? path, string? host, int port)
    {
        var address = Read($"FUSION_RANK=0 FUSION_WORLD_SIZE=2 FUSION_RENDEZVOUS={text}").Address;
        Assert.That((address.Path, address.Host, address.Port, address.ToString()), Is.EqualTo((path, host, port, text)));
    }

    [Test]
    public void ThatAreEmptyAreNotSet() =>
        Assert.That(Read(Enough + "FUSION_SECRET= FUSION_DEVICE= FUSION_GROUP= FUSION_RENDEZVOUS_TIMEOUT= FUSION_TLS_KEY="), Is.EqualTo(Read(Enough)));

    [Test]
    public void CanPutARankOnTheCpu() => Assert.That(Read(Enough + "FUSION_DEVICE=cpu").Device, Is.EqualTo(Rendezvous.OnCpu));

    [TestCase("FUSION_RANK=2 FUSION_RENDEZVOUS=unix:@job", "FUSION_WORLD_SIZE", "FUSION_RANK is '2', but FUSION_WORLD_SIZE is not set")]
    [TestCase("FUSION_WORLD_SIZE=4 FUSION_RENDEZVOUS=unix:@job", "FUSION_RANK", "FUSION_RANK is not set")]
    [TestCase("FUSION_RANK=2 FUSION_WORLD_SIZE=4", "FUSION_RENDEZVOUS", "tcp:host:port")]
    [TestCase("FUSION_RANK=4 FUSION_WORLD_SIZE=4 FUSION_RENDEZVOUS=unix:@job", "FUSION_RANK", "FUSION_RANK is 4, but FUSION_WORLD_SIZE is 4", "the last one is 3")]
    [TestCase("FUSION_RANK=-1 FUSION_WORLD_SIZE=4 FUSION_RENDEZVOUS=unix:@job", "FUSION_RANK", "'-1'")]
    [TestCase("FUSION_RANK=two FUSION_WORLD_SIZE=4 FUSION_RENDEZVOUS=unix:@job", "FUSION_RANK", "'two'", "whole number from 0")]
    [TestCase("FUSION_RANK=0 FUSION_WORLD_SIZE=0 FUSION_RENDEZVOUS=unix:@job", "FUSION_WORLD_SIZE", "'0'", "whole number from 1")]
    [TestCase("FUSION_RANK=0 FUSION_WORLD_SIZE=99999999999 FUSION_RENDEZVOUS=unix:@job", "FUSION_WORLD_SIZE", "'99999999999'")]
    [TestCase("FUSION_RANK=0 FUSION_WORLD_SIZE=4 FUSION_RENDEZVOUS=job", "FUSION_RENDEZVOUS", "'job'", "unix:@name")]
    [TestCase("FUSION_RANK=0 FUSION_WORLD_SIZE=4 FUSION_RENDEZVOUS=tcp:node01", "FUSION_RENDEZVOUS", "'tcp:node01'")]
    [TestCase("FUSION_RANK=0 FUSION_WORLD_SIZE=4 FUSION_RENDEZVOUS=tcp:node01:70000", "FUSION_RENDEZVOUS", "70000")]
    [TestCase(Enough + "FUSION_LOCAL_RANK=4", "FUSION_LOCAL_RANK", "FUSION_LOCAL_RANK is 4")]
    [TestCase(Enough + "FUSION_DEVICE=gpu0", "FUSION_DEVICE", "'gpu0'", "'cpu'")]
    [TestCase(Enough + "FUSION_DEVICE=-1", "FUSION_DEVICE", "'-1'")]
    [TestCase(Enough + "FUSION_RENDEZVOUS_TIMEOUT=0", "FUSION_RENDEZVOUS_TIMEOUT", "'0'")]
    [TestCase(Enough + "FUSION_RENDEZVOUS_TIMEOUT=-5", "FUSION_RENDEZVOUS_TIMEOUT", "'-5'")]
    [TestCase(Enough + "FUSION_RENDEZVOUS_TIMEOUT=NaN", "FUSION_RENDEZVOUS_TIMEOUT", "'NaN'")]
    [TestCase(Enough + "FUSION_RENDEZVOUS_TIMEOUT=1e9", "FUSION_RENDEZVOUS_TIMEOUT", "86400")]
    [TestCase(Enough + "FUSION_TLS_KEY=/k.pem FUSION_TLS_AUTHORITY=/a.pem", "FUSION_TLS_CERTIFICATE", "FUSION_TLS_CERTIFICATE is not set")]
    [TestCase(Enough + "FUSION_TLS_CERTIFICATE=/c.pem FUSION_TLS_AUTHORITY=/a.pem", "FUSION_TLS_KEY", "FUSION_TLS_KEY is not set")]
    [TestCase(Enough + "FUSION_TLS_CERTIFICATE=/c.pem FUSION_TLS_KEY=/k.pem", "FUSION_TLS_AUTHORITY", "FUSION_TLS_AUTHORITY is not set")]
    [TestCase(Enough + "FUSION_SECRET=a FUSION_SECRET_FILE=/b", "FUSION_SECRET_FILE", "both set")]
    [TestCase(Enough + "FUSION_SECRET_FILE=/there/is/none", "FUSION_SECRET_FILE", "'/there/is/none', which cannot be read")]
    [TestCase(Enough + "FUSION_SECRET_FILE=/", "FUSION_SECRET_FILE", "cannot be read")]
    public void ThatAreWrongAreNamed(string variables, string wrong, params string[] words) => Refuse(variables, wrong, words);

    [Test]
    public void ErrorsDoNotTellTheSecret()
    {
        var error = Assert.Throws<FusionArgumentException>(() => Read(Enough + "FUSION_SECRET=s3cret FUSION_SECRET_FILE=/b"))!;
        Assert.That(error.ToString() + Read(Enough + "FUSION_SECRET=s3cret"), Does.Not.Contain("s3cret"));
    }

    [Test]
    [Platform("Linux")]
    [SupportedOSPlatform("linux")]
    public void ASecretIsReadFromAFileOfItsOwnerAlone()
    {
        var folder = Directory.CreateTempSubdirectory("fusion-secret-").FullName;
        try
        {
            var file = Path.Combine(folder, "secret");
            File.WriteAllText(file, "  s3cret\n");
            var variables = $"{Enough}FUSION_SECRET_FILE={file}";

            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            Assert.That(Read(variables).Secret, Is.EqualTo("s3cret"));

            // A link's own mode says nothing.
            File.CreateSymbolicLink(Path.Combine(folder, "link"), file);
            Assert.That(Read($"{Enough}FUSION_SECRET_FILE={folder}/link").Secret, Is.EqualTo("s3cret"));

            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.GroupRead);
            Refuse(variables, "FUSION_SECRET_FILE", "mode 440", $"chmod 600 {file}");
            Refuse($"{Enough}FUSION_SECRET_FILE={folder}/link", "FUSION_SECRET_FILE", "mode 440");

            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            File.WriteAllText(file, " \n");
            Refuse(variables, "FUSION_SECRET_FILE", "is empty", "openssl rand -hex 32");
            File.WriteAllText(file, new string('x', 5000));
            Refuse(variables, "FUSION_SECRET_FILE", "more than 4096 bytes");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
