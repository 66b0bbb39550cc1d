using Fusion.Compiler.Caching;

namespace Fusion.Compiler.Tests.Caching;

public sealed class CacheFolderTests
{
    private const string Key = "abcdef";
    private string root = "";
    private CacheFolder folder = null!;

    [SetUp]
    public void Create()
    {
        root = Directory.CreateTempSubdirectory("fusion-cache-").FullName;
        folder = new CacheFolder(root);
    }

    [TearDown]
    public void Remove() => Directory.Delete(root, recursive: true);

    [Test]
    public void TheEntryUsedLastComesFirst()
    {
        Write("1", 10, minutesAgo: 3);
        Write("2", 10, minutesAgo: 2);
        CacheFolder.Touch(folder.Find(Key).Last());

        Assert.That(folder.Find(Key).Select(Path.GetFileName), Is.EqualTo([$"{Key}-1.entry", $"{Key}-2.entry"]));
        Assert.That(folder.Find("abcde0"), Is.Empty);
    }

    [Test]
    public void WhatWasNotUsedForLongestGoesFirstAndWithSomeRoom()
    {
        for (var i = 0; i < 10; i++) Write($"{i}", 100, minutesAgo: 10 - i);

        folder.Trim(1000);
        Assert.That(folder.Files(), Has.Count.EqualTo(10), "it fits");

        folder.Trim(900);
        Assert.That(folder.Find(Key).Select(Path.GetFileName), Is.EqualTo(Enumerable.Range(2, 8).Reverse().Select(i => $"{Key}-{i}.entry")));

        folder.Trim(0);
        Assert.That(folder.Files(), Has.Count.EqualTo(8), "no limit");
    }

    [Test]
    public void WhatAKilledProcessLeftIsRemovedWhenItIsOld()
    {
        Write("1", 10, minutesAgo: 0);
        var (old, young) = (folder.Find(Key).Single() + ".x.fusion-part", folder.Find(Key).Single() + ".y.fusion-part");
        File.WriteAllText(old, "half");
        File.WriteAllText(young, "half");
        File.SetLastWriteTimeUtc(old, DateTime.UtcNow.AddHours(-2));

        folder.Trim(1000);

        Assert.That((File.Exists(old), File.Exists(young)), Is.EqualTo((false, true)));
    }

    [Test]
    public void ClearingItLeavesWhatIsNotOfTheCache()
    {
        Write("1", 10, minutesAgo: 0);
        File.WriteAllText(Path.Combine(root, "mine.entry"), "somebody's");
        File.WriteAllText(Path.Combine(folder.Path, "ab", "notes.txt"), "somebody's");

        Assert.That(folder.Clear(), Is.Empty);

        Assert.That(Directory.GetFiles(root, "*", SearchOption.AllDirectories).Select(Path.GetFileName), Is.EquivalentTo(["mine.entry", "notes.txt"]));
        Assert.That(folder.Files(), Is.Empty);
    }

    private void Write(string variant, int bytes, int minutesAgo)
    {
        folder.Write(Key, variant, new byte[bytes]);
        File.SetLastWriteTimeUtc(folder.Find(Key).Single(f => f.EndsWith($"-{variant}.entry", StringComparison.Ordinal)), DateTime.UtcNow.AddMinutes(-minutesAgo));
    }
}
