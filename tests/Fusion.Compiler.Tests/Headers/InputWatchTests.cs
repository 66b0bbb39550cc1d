using Fusion.Compiler.Headers;
using Fusion.Compiler.Jobs;

namespace Fusion.Compiler.Tests.Headers;

public sealed class InputWatchTests
{
    private static readonly DateTime Old = new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private string folder = "";

    [SetUp]
    public void CreateFolder() => folder = Directory.CreateTempSubdirectory("fusion-watch-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(folder, recursive: true);

    // As of one whose name macros put together: it may be another than the one that NVRTC read.
    [Test]
    public void AHeaderThatWasFirstReadAfterNvrtcReadItIsKnownByItsTimeAlone()
    {
        var contents = new FileContents();
        var source = Write("k.cu", Old);
        var watch = new InputWatch(contents, source, new IncludeSearch([folder], contents, []));

        var (atRest, changed) = (Write("at_rest.cuh", Old), Write("changed.cuh", DateTime.UtcNow.AddSeconds(1)));

        Assert.That(watch.WhatChanged(new IncludedHeaders([atRest, changed], [])), Is.EqualTo([changed]));
    }

    private string Write(string file, DateTime time)
    {
        var path = Path.Combine(folder, file);
        File.WriteAllText(path, "");
        File.SetLastWriteTimeUtc(path, time);
        return path;
    }
}
