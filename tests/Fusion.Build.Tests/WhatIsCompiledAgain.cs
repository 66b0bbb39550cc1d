using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

public sealed class WhatIsCompiledAgain : SharedConsumer
{
    private const string Second = "<FusionIncludePaths>first;second</FusionIncludePaths>";

    private protected override Consumer Create()
    {
        var consumer = new Consumer(Projects.Library(Second));
        consumer.Write("shared.cuh", "#include \"inner.cuh\"\n").Write("inner.cuh", "#define SHARED 1.0f\n");
        consumer.Write("second/which.cuh", "#define WHICH in_second\n");
        consumer.Write("with.cu", Kernels.Named("with", "out[0] = SHARED;", "#include \"shared.cuh\""));
        consumer.Write("without.cu", Kernels.Named("without"));
        consumer.Write("search.cu", "#include <which.cuh>\nextern \"C\" __global__ void WHICH() {}\n");
        consumer.Build().MustSucceed();
        return consumer;
    }

    [SetUp]
    public void EverythingIsUpToDate() => Consumer.WriteProject(Projects.Library(Second)).Rebuild().MustSucceed();

    [Test]
    public void NothingIfNothingChangedNotEvenTheCompilerStarts()
    {
        var build = Consumer.Rebuild().MustSucceed();

        Assert.That(build.StartedCompiler, Is.False);
        Assert.That(build.Messages, Does.Contain("Kernels are up to date: fusionc is not started."));
    }

    [Test]
    public void NothingIfFilesWereOnlyTouched()
    {
        foreach (var file in new[] { "with.cu", "shared.cuh", "inner.cuh", "Consumer.csproj" })
            File.SetLastWriteTimeUtc(Consumer.PathOf(file), DateTime.UtcNow);

        Assert.That(Consumer.Rebuild().MustSucceed().StartedCompiler, Is.False);
    }

    [TestCase("shared.cuh")]
    [TestCase("inner.cuh", Description = "included by a header")]
    public void OnlyTheKernelsThatIncludeAChangedHeader(string header)
    {
        Consumer.Write(header, Consumer.Read(header) + $"// {DateTime.UtcNow.Ticks}\n");

        var build = Consumer.Rebuild().MustSucceed();

        Assert.That(build.CompilerStarts, Is.EqualTo(1));
        Assert.That(build.CompiledSources, Is.EqualTo(["with.cu"]));
    }

    [Test]
    public void OnlyTheKernelThatChanged()
    {
        Consumer.Write("without.cu", Kernels.Named("without", "out[1] = 2.0f;"));

        Assert.That(Consumer.Rebuild().MustSucceed().CompiledSources, Is.EqualTo(["without.cu"]));
    }

    [Test]
    public void OnlyTheKernelWhoseMetadataChanged()
    {
        Consumer.WriteProject(Projects.Library(Second, """<FusionKernel Update="without.cu" Defines="NEW" />"""));

        Assert.That(Consumer.Rebuild().MustSucceed().CompiledSources, Is.EqualTo(["without.cu"]));
    }

    [Test]
    [Category("Nightly")]
    public void AllKernelsIfAPropertyForAllChanged()
    {
        Consumer.WriteProject(Projects.Library(Second + "<FusionDefines>NEW=1</FusionDefines>"));

        Assert.That(Consumer.Rebuild().MustSucceed().CompiledSources, Is.EqualTo(["search.cu", "with.cu", "without.cu"]));
    }

    [Test]
    public void OnlyTheNewImagesIfAnArchitectureIsAdded()
    {
        Consumer.WriteProject(Projects.Library(Second, architectures: "sm_80;sm_90"));

        var build = Consumer.Rebuild().MustSucceed();

        Assert.That(build.CompiledJobs, Has.Length.EqualTo(3).And.All.Contain("sm_90"));
    }

    [Test]
    public void TheKernelBeforeWhoseHeaderAnotherOneSlips()
    {
        Consumer.Write("first/which.cuh", "#define WHICH in_first\n");

        var build = Consumer.Rebuild().MustSucceed();

        Assert.That(build.CompiledSources, Is.EqualTo(["search.cu"]));
        Assert.That(Consumer.Built.KernelNames("search"), Is.EqualTo(["in_first"]));

        File.Delete(Consumer.PathOf("first/which.cuh"));
        Assert.That(Consumer.Rebuild().MustSucceed().CompiledSources, Is.EqualTo(["search.cu"]));
        Assert.That(Consumer.Built.KernelNames("search"), Is.EqualTo(["in_second"]));
    }

    [Test]
    public void TheKernelThatIsALinkToAFileWithAnotherContent()
    {
        var target = Path.Combine(Consumer.Root, "linked.txt");
        File.WriteAllText(target, Kernels.Named("one"));
        var time = File.GetLastWriteTimeUtc(target);
        File.CreateSymbolicLink(Consumer.PathOf("linked.cu"), target);
        Consumer.Rebuild().MustSucceed();

        File.WriteAllText(target, Kernels.Named("two"));
        File.SetLastWriteTimeUtc(target, time);
        var build = Consumer.Rebuild().MustSucceed();
        File.Delete(Consumer.PathOf("linked.cu"));

        Assert.That(build.CompiledSources, Is.EqualTo(["linked.cu"]));
        Assert.That(Consumer.Built.KernelNames("linked"), Is.EqualTo(["two"]));
        Assert.That(Consumer.Read("obj/Debug/net10.0/fusion.launchers.g.cs"), Does.Contain("class Two").And.Not.Contain("class One"));
        Assert.That(Consumer.Read("obj/Debug/net10.0/fusion.headers"), Does.Contain(target));
    }

    [Test]
    public void AnImageThatWasDeleted()
    {
        File.Delete(Consumer.ImagePath("with.sm_80.cubin"));

        Assert.That(Consumer.Rebuild().MustSucceed().CompiledSources, Is.EqualTo(["with.cu"]));
        Assert.That(Consumer.Images, Does.Contain("with.sm_80.cubin"));
    }
}
