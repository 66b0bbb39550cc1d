using Fusion.Build.Contract;
using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.Caching;

/// <summary>Whatever is wrong with the cache costs a compilation, never the build.</summary>
public sealed class FaultsOfTheCache
{
    private TwoClones clones = null!;

    [SetUp]
    public void Create()
    {
        clones = new TwoClones("12.4");
        clones.Add("a.cu", KernelProject.Simple);
        clones.Add("b.cu", "extern \"C\" __global__ void b(int* x) { *x = 7; }\n");
    }

    [TearDown]
    public void Remove() => clones.Dispose();

    [TestCase("flipped")]
    [TestCase("cut off")]
    [TestCase("empty")]
    [TestCase("longer")]
    public void ADamagedEntryIsCompiledAnewWithAWarningAndReplaced(string damage)
    {
        clones.First.Run().MustSucceed();
        var right = clones.Entries.ToDictionary(e => e, File.ReadAllBytes);
        var (path, bytes) = right.First();
        File.WriteAllBytes(path, Damaged(bytes, damage));

        var second = clones.Second.Run().MustSucceed();

        Assert.That((second.Compiled.Count, second.Cached.Count), Is.EqualTo((1, 1)));
        Assert.That(second.Warnings.Single().Code, Is.EqualTo("FUSION1034"));
        Assert.That(second.Warnings[0].Message, Does.Contain(path).And.Contain("fusion cache clear"));
        Assert.That(clones.Entries.ToDictionary(e => e, File.ReadAllBytes), Is.EqualTo(right), "the entry is whole again");
        Assert.That(BuildState.Read(clones.Second.Request.StateFile)!.Diagnostics, Has.None.Property("Severity").EqualTo(DiagnosticSeverity.Warning), "it is not said again");
        Assert.That(clones.Second.Manifest.ToJson(), Is.EqualTo(clones.First.Manifest.ToJson()));
    }

    [Test]
    public void AFolderThatCannotBeWrittenIsSaidOnce()
    {
        clones.First.Write("no folder", "but a file");
        clones.First.Request.CachePath = "no folder/cache";

        var run = clones.First.Run().MustSucceed();

        Assert.That(run.Compiled, Has.Count.EqualTo(2));
        Assert.That(run.Warnings, Is.Empty);
        Assert.That(run.Said.Count(d => d.Message.StartsWith("The build goes on without the compile cache", StringComparison.Ordinal)), Is.EqualTo(1));
        Assert.That(run.Said.Single(d => d.Message.Contains("without the compile cache", StringComparison.Ordinal)).Severity, Is.EqualTo(DiagnosticSeverity.Message));
    }

    [Test]
    public void WithoutTheCacheNothingIsReadOrWritten()
    {
        clones.Both(clone => clone.Request.Cache = false);

        Assert.That(clones.FirstThenSecond().Compiled, Has.Count.EqualTo(2));
        Assert.That(clones.Entries, Is.Empty);
    }

    [Test]
    public void ACacheThatIsTooSmallIsKeptWithinItsLimit()
    {
        clones.First.Request.CacheSize = 1;
        var noise = string.Concat(Enumerable.Range(0, 5000).Select(i => $"__device__ float a_long_name_so_that_the_image_is_large_{i}[{i + 1}];\n"));
        for (var i = 0; i < 4; i++) clones.Add($"large{i}.cu", noise + KernelProject.Simple);

        clones.First.Run().MustSucceed();

        Assert.That(clones.Entries.Sum(e => new FileInfo(e).Length), Is.InRange(1, 1_000_000));
    }

    [Test]
    public void TwoCompilersAtOnceShareItAndBothAreRight()
    {
        for (var i = 0; i < 10; i++) clones.Add($"k{i}.cu", $"extern \"C\" __global__ void k(int* x) {{ *x = {i}; }}\n");
        clones.Both(clone => clone.Write("obj/request", clone.Request.ToText()));

        var runs = new[] { clones.First, clones.Second }
            .Select(clone => Task.Run(() => CompilerProcess.Run(clone.Root, "12.4", "--request", clone.PathOf("obj/request")))).ToArray();

        Assert.That(Task.WhenAll(runs).Result.Select(run => (run.ExitCode, run.Errors)), Is.All.EqualTo((0, "")));
        Assert.That(clones.Second.Manifest.ToJson(), Is.EqualTo(clones.First.Manifest.ToJson()));
        Directory.Delete(clones.First.Images, recursive: true);
        Assert.That(clones.First.Run().MustSucceed().Cached, Has.Count.EqualTo(12), "all entries are whole");
    }

    private static byte[] Damaged(byte[] bytes, string how)
    {
        byte[] flipped = [.. bytes];
        flipped[^1] ^= 1;
        return how switch
        {
            "flipped" => flipped,
            "cut off" => bytes[..(bytes.Length / 2)],
            "empty" => [],
            _ => [.. bytes, 0],
        };
    }
}
