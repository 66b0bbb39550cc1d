using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

/// <summary>Every trace that a build can leave when it dies is followed by a right build.</summary>
public sealed class WhatAKilledBuildLeaves : SharedConsumer
{
    private const string State = "obj/Debug/net10.0/fusion.state";
    private Dictionary<string, byte[]> right = [];

    private protected override Consumer Create()
    {
        var consumer = new Consumer();
        consumer.Write("a.cu", Kernels.Named("a")).Write("b.cu", Kernels.Named("b"));
        consumer.Build().MustSucceed();
        right = consumer.ImageContents();
        return consumer;
    }

    [TestCase("a.sm_80.cubin")]
    [TestCase("manifest.json", Category = "Nightly")]
    public void ATruncatedFile(string file)
    {
        using (var stream = File.OpenWrite(Consumer.ImagePath(file))) stream.SetLength(stream.Length / 2);

        BuildIsRight();
    }

    [TestCase("a.sm_80.cubin", Category = "Nightly")]
    [TestCase("manifest.json", Category = "Nightly")]
    public void ATruncatedFileWithoutAState(string file)
    {
        using (var stream = File.OpenWrite(Consumer.ImagePath(file))) stream.SetLength(stream.Length / 2);
        File.Delete(Consumer.PathOf(State));

        BuildIsRight();
    }

    [Test]
    [Category("Nightly")]
    public void AnImageOfTheRightLengthWithOtherBytes()
    {
        var image = File.ReadAllBytes(Consumer.ImagePath("a.sm_80.cubin"));
        image[^1] ^= 0xFF;
        File.WriteAllBytes(Consumer.ImagePath("a.sm_80.cubin"), image);

        BuildIsRight();
    }

    [Test]
    [Category("Nightly")]
    public void FilesThatNoBuildMade()
    {
        Consumer.Write($"{Path.GetRelativePath(Consumer.Folder, Consumer.ImagesFolder)}/old.sm_80.cubin", "garbage");
        Consumer.Write($"{Path.GetRelativePath(Consumer.Folder, Consumer.ImagesFolder)}/a.sm_80.cubin.fusion-part", "half");
        File.Delete(Consumer.PathOf(State));

        BuildIsRight();
        Assert.That(Consumer.ImageFiles, Has.None.EndWith(".fusion-part"));
    }

    [TestCase("", Category = "Nightly")]
    [TestCase("garbage\n", Category = "Nightly")]
    [TestCase("fusion-state\t1\nrequest\tabc\n", Description = "cut off before its end")]
    public void AHalfWrittenState(string state)
    {
        Consumer.Write(State, state);

        BuildIsRight();
    }

    [Test]
    [Category("Nightly")]
    public void AStateCutOffInTheMiddle()
    {
        var whole = Consumer.Read(State);
        Consumer.Write(State, whole[..(whole.Length / 2)]);

        BuildIsRight();
    }

    [Test]
    [Category("Nightly")]
    public void NoImagesAtAll()
    {
        Directory.Delete(Consumer.ImagesFolder, recursive: true);

        BuildIsRight();
    }

    private void BuildIsRight()
    {
        Consumer.Rebuild().MustSucceed();

        Assert.That(Consumer.ImageContents(), Is.EqualTo(right));
        Assert.That(Consumer.Built.Image("Fusion.Kernels/a.sm_80.cubin"), Is.EqualTo(right["a.sm_80.cubin"]));
        Assert.That(Consumer.Rebuild().MustSucceed().StartedCompiler, Is.False);
    }
}
