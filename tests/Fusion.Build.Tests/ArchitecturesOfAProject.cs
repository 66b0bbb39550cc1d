using Fusion.Build.Tests.Infrastructure;
using Fusion.Manifest;

namespace Fusion.Build.Tests;

public sealed class ArchitecturesOfAProject : SharedConsumer
{
    private protected override Consumer Create()
    {
        var consumer = new Consumer();
        consumer.Write("fill.cu", Kernels.Named("fill"));
        consumer.DotNet("restore").MustSucceed();
        return consumer;
    }

    [Test]
    [Category("Nightly")]
    public void AreMachineCodeAndPtxEachOnce()
    {
        Build("sm_90; sm_90a;compute_90;sm_90;compute_80");

        Assert.That(Consumer.Images, Is.EqualTo(
            ["fill.compute_80.ptx", "fill.compute_90.ptx", "fill.sm_90.cubin", "fill.sm_90a.cubin"]));
        Assert.That(Consumer.Built.Module("fill").Images.Select(image => (image.Architecture, image.Kind)), Is.EquivalentTo(new[]
        {
            ("compute_80", ImageKind.Ptx), ("compute_90", ImageKind.Ptx), ("sm_90", ImageKind.Cubin), ("sm_90a", ImageKind.Cubin),
        }));
        Assert.That(File.ReadAllText(Consumer.ImagePath("fill.compute_90.ptx")), Does.Contain(".target sm_90"));
    }

    [Test]
    [Category("Nightly")]
    public void AreByDefaultAmpereHopperAndPtxForTheRest()
    {
        Consumer.WriteProject($"""
            <Project Sdk="Fusion.Sdk/{PackedSdk.Version}">
              <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
            </Project>
            """);
        Consumer.Rebuild().MustSucceed();

        Assert.That(Consumer.Images, Is.EqualTo(["fill.compute_80.ptx", "fill.sm_80.cubin", "fill.sm_90a.cubin"]));
    }

    [Test]
    [Category("Nightly")]
    public void OfAllAreEveryOneOfNvrtcAndPtxForTheOldest()
    {
        Build("all");

        Assert.That(Cubins, Is.SupersetOf(new[] { 70, 75, 80, 86, 89, 90 }));
        Assert.That(Ptx, Is.EqualTo([Cubins.Min()]));
    }

    [Test]
    [Category("Nightly")]
    public void OfAllMajorAreTheOldestOfEachGeneration()
    {
        Build("all-major");

        Assert.That(Cubins, Does.Contain(80).And.Contain(90).And.Not.Contain(86).And.Not.Contain(89));
        Assert.That(Cubins.Select(number => number / 10), Is.Unique);
        Assert.That(Ptx, Is.EqualTo([Cubins.Min()]));
    }

    [Test]
    [Category("Nightly")]
    public void CanBeNamedBesideAWord()
    {
        Build("all-major;sm_90a");

        Assert.That(Consumer.Images, Does.Contain("fill.sm_90a.cubin").And.Contain("fill.sm_80.cubin"));
    }

    private int[] Cubins => Numbers(ImageKind.Cubin);

    private int[] Ptx => Numbers(ImageKind.Ptx);

    private int[] Numbers(ImageKind kind) => [.. Consumer.Built.Module("fill").Images
        .Where(image => image.Kind == kind).Select(image => GpuArchitecture.Parse(image.Architecture).Number).Order()];

    private void Build(string architectures) =>
        Consumer.WriteProject(Projects.Library(architectures: architectures)).Rebuild().MustSucceed();
}
