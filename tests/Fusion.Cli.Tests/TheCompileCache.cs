using System.Runtime.Versioning;
using Fusion.Cli.Tests.Infrastructure;
using Fusion.Compiler.Caching;

namespace Fusion.Cli.Tests;

public sealed class TheCompileCache : FolderOfATest
{
    private Dictionary<string, string?> Environment => new() { ["XDG_CACHE_HOME"] = Folder };

    private string Cache => Path.Combine(Folder, "fusion", "kernels-1");

    [Test]
    public void InfoSaysWhereItIsAndWhatItHolds()
    {
        Fill(Path.Combine(Folder, "fusion"));
        var run = Tool.RunWith(Environment, "cache", "info");
        var json = Tool.RunWith(Environment, "cache", "info", "--json").Json;

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.That(run.Lines[..3], Is.EqualTo([$"Compile cache: {Cache}", "  entries    2", "  size       3,000 bytes (2.9 KiB)"]));
        Assert.That((json.GetProperty("path").GetString(), json.GetProperty("entries").GetInt32(), json.GetProperty("bytes").GetInt64()),
            Is.EqualTo((Cache, 2, 3000L)));
        Assert.That(json.GetProperty("lastUsed").GetDateTime(), Is.GreaterThan(DateTime.UtcNow.AddHours(-1)));
    }

    [Test]
    [Platform("Linux")]
    [SupportedOSPlatform("linux")]
    public void InfoSaysWhetherOthersCanWriteToIt()
    {
        Fill(Path.Combine(Folder, "fusion"));
        Assert.That(Tool.RunWith(Environment, "cache", "info").Output, Does.Contain("  trusted    yes"));
        Assert.That(Tool.RunWith(Environment, "cache", "info", "--json").Json.GetProperty("untrusted").GetString(), Is.Null);

        File.SetUnixFileMode(Cache, (UnixFileMode)0b111_111_111);

        Assert.That(Tool.RunWith(Environment, "cache", "info").Output, Does.Contain("  trusted    no").And.Contain(Cache)
            .And.Contain("mode 0777").And.Contain("FusionCacheShared=true"));
        Assert.That(Tool.RunWith(Environment, "cache", "info", "--json").Json.GetProperty("untrusted").GetString(), Does.Contain("mode 0777"));
    }

    [Test]
    public void AnEmptyOneIsNoProblem()
    {
        var run = Tool.RunWith(Environment, "cache", "info");

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.That(run.Output, Does.Contain("entries    0"));
        Assert.That(Tool.RunWith(Environment, "cache", "clear").ExitCode, Is.Zero);
    }

    [Test]
    public void ClearEmptiesItAndSaysHowMuchWasFreed()
    {
        Fill(Path.Combine(Folder, "fusion"));
        File.WriteAllText(Path.Combine(Folder, "fusion", "mine"), "somebody's");

        var run = Tool.RunWith(Environment, "cache", "clear");

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.That(run.Lines[1], Is.EqualTo("  2 entries, 3,000 bytes (2.9 KiB) freed"));
        Assert.That(new CacheFolder(Path.Combine(Folder, "fusion")).Files(), Is.Empty);
        Assert.That(File.Exists(Path.Combine(Folder, "fusion", "mine")), Is.True);
    }

    [Test]
    public void AProjectsOwnIsNamedByItsPath()
    {
        var own = Path.Combine(Folder, "own");
        Fill(own);

        Assert.That(Tool.Run("cache", "clear", "--json", "--path", own).Json.GetProperty("bytes").GetInt64(), Is.EqualTo(3000));
        Assert.That(Tool.Run("cache", "info", "--json", "--path", own).Json.GetProperty("entries").GetInt32(), Is.Zero);
    }

    private static void Fill(string folder)
    {
        var cache = new CacheFolder(folder);
        cache.Write("abcdef", "1", new byte[1000]);
        cache.Write("123456", "1", new byte[2000]);
    }
}
