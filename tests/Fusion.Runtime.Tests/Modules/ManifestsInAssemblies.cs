using System.Text;
using System.Text.Json.Nodes;
using Fusion.Manifest;

namespace Fusion.Runtime.Tests.Modules;

public sealed class ManifestsInAssemblies
{
    [Test]
    public void AManifestComesBackAsItWasWritten()
    {
        var image = Samples.Image("sm_90a", sha256: "ab", bytes: 3) with
        {
            Kernels = [Samples.Kernel("scale<float>", ("const float*", "x", 8), ("int", "n", 4)) with { Registers = 32 }],
            Variables = [new() { Name = "a::w", Symbol = "_ZN1a1wE", Kind = VariableKind.Managed, Type = "int[2]", Size = 8 }],
        };
        var manifest = Samples.Manifest(Samples.Module("kernels/scale", image));

        var read = KernelLibrary.ReadManifest(KernelAssembly.With(manifest));

        Assert.That(Encoding.UTF8.GetString(read.ToJson()), Is.EqualTo(Encoding.UTF8.GetString(manifest.ToJson())));
        Assert.That(read.Modules[0].Images[0].Kernels[0].Parameters[1].Type, Is.EqualTo("int"));
        Assert.That(read.Modules[0].Images[0].Variables, Is.EqualTo(image.Variables));
    }

    [Test]
    public void AManifestOfAnEarlierVersionHasNoVariables()
    {
        var json = JsonNode.Parse(Samples.Manifest(Samples.ModuleFor("sm_90")).ToJson())!;
        Assert.That(json["modules"]![0]!["images"]![0]!.AsObject().Remove("variables"), Is.True);

        var read = KernelManifest.FromJson(Encoding.UTF8.GetBytes(json.ToJsonString()));

        Assert.That(read.Modules[0].Images[0].Variables, Is.Empty);
    }

    [Test]
    public void AnAssemblyTellsWithoutAGpuWhichImagesAGpuWouldGet()
    {
        var assembly = KernelAssembly.With(Samples.Manifest(
            Samples.Module("a", Samples.Image("sm_90"), Samples.Image("compute_80")),
            Samples.Module("b", Samples.Image("sm_80"))));

        var choices = KernelLibrary.Choose(assembly, new(10, 0), new Version(9, 0));

        Assert.That(choices.Select(c => (c.Module.Name, c.Image?.Architecture)),
            Is.EqualTo(new[] { ("a", "compute_80"), ("b", (string?)null) }));
    }

    [Test]
    public void AnAssemblyWithoutManifestSaysThatItNeedsTheSdk()
    {
        var error = Assert.Throws<KernelLoadException>(() => KernelLibrary.Load(typeof(object).Assembly))!;
        Assert.That(error.Code, Is.EqualTo("FUSION2001"));
        Assert.That(error.Message, Does.StartWith("FUSION2001: ").And.Contain(error.ObjectName).And.Contain("Fusion.Sdk"));
    }

    [Test]
    public void AManifestWithoutModulesIsNoKernelsEither() =>
        Assert.That(() => KernelLibrary.ReadManifest(KernelAssembly.With(Samples.Manifest())),
            Throws.TypeOf<KernelLoadException>());

    [TestCase("{ broken")]
    [TestCase("{}")]
    [TestCase("null")]
    public void AManifestThatIsNoneIsNamed(string json) =>
        Assert.That(() => Read(json), Throws.TypeOf<KernelLoadException>()
            .With.Property(nameof(FusionException.Code)).EqualTo("FUSION2002")
            .And.InnerException.Not.Null);

    [Test]
    public void ANewerManifestSaysWhichSchemaThisVersionReads()
    {
        var newer = Samples.Manifest() with { Schema = KernelManifest.CurrentSchema + 1 };
        Assert.That(() => KernelLibrary.ReadManifest(KernelAssembly.With(newer)),
            Throws.TypeOf<KernelLoadException>().With.Message.Contains($"schema {newer.Schema}")
                .And.Message.Contains($"schema {KernelManifest.CurrentSchema} and older"));
    }

    private static KernelManifest Read(string json) => KernelLibrary.ReadManifest(
        KernelAssembly.WithResources((KernelManifest.ResourceName, Encoding.UTF8.GetBytes(json))));
}
