using Fusion.Build.Contract;

namespace Fusion.Compiler.Tests.Projects;

public sealed class FileIdentities
{
    // A file that was written just now has none.
    private static readonly DateTimeOffset Later = DateTimeOffset.UtcNow.AddHours(1);

    private string folder = "";
    private string file = "";

    [SetUp]
    public void Create()
    {
        folder = Directory.CreateTempSubdirectory("fusion-identity-").FullName;
        file = Path.Combine(folder, "large");
        File.WriteAllBytes(file, new byte[2 << 20]);
        // A time that .NET can set once more: the file system's own is finer.
        File.SetLastWriteTimeUtc(file, DateTime.UtcNow);
    }

    [TearDown]
    public void Remove() => Directory.Delete(folder, recursive: true);

    [Test]
    public void StayWhileNobodyTouchesTheFile()
    {
        var identity = FileIdentity.Of(file, Later);
        File.CreateSymbolicLink(file + ".link", file);

        Assert.That(identity, Is.Not.Empty);
        Assert.That(FileIdentity.Of(file, Later), Is.EqualTo(identity));
        Assert.That(FileIdentity.Of(file + ".link", Later), Is.EqualTo(identity));
    }

    [Test]
    public void ChangeWithTheContentWhateverTheTimeOfTheFile()
    {
        var (before, time) = (FileIdentity.Of(file, Later), File.GetLastWriteTimeUtc(file));
        Thread.Sleep(20); // past a tick of the file system's clock

        var bytes = File.ReadAllBytes(file);
        bytes[1000] = 1;
        File.WriteAllBytes(file, bytes);
        File.SetLastWriteTimeUtc(file, time);

        Assert.That(FileIdentity.Of(file, Later), Is.Not.EqualTo(before));
    }

    [Test]
    public void ChangeWithAnotherFileInThePlaceOfTheFirst()
    {
        var before = FileIdentity.Of(file, Later);
        File.Copy(file, file + ".new");
        File.SetLastWriteTimeUtc(file + ".new", File.GetLastWriteTimeUtc(file));
        File.Move(file + ".new", file, overwrite: true);

        Assert.That(FileIdentity.Of(file, Later), Is.Not.EqualTo(before));
    }

    [Test]
    public void AreNoneOfWhatChangedJustNowOrIsSmallOrIsNotThere()
    {
        Assert.That(FileIdentity.Of(file, new DateTimeOffset(File.GetLastWriteTimeUtc(file)).AddMilliseconds(50)), Is.Empty);
        File.WriteAllText(file, "small");
        Assert.That(FileIdentity.Of(file, Later), Is.Empty);
        Assert.That(FileIdentity.Of(Path.Combine(folder, "nothing"), Later), Is.Empty);
    }

    [Test]
    public void SaveReadingButDoNotDecideWhereTheyDiffer()
    {
        var content = FileStamp.OfContent(file).Held;

        Assert.That(FileStamp.Of(file, content, "1.2.3").IsCurrent(), Is.True, "another identity, the same content");
        Assert.That(FileStamp.Of(file, "sha256:0", "1.2.3").IsCurrent(), Is.False, "neither is the same");
        var nvrtc = Infrastructure.NvrtcUnderTest.Library("12.4");
        Assert.That(FileStamp.Of(nvrtc, "sha256:0", FileIdentity.Of(nvrtc, DateTimeOffset.UtcNow)).IsCurrent(), Is.True, "not read");
    }
}
