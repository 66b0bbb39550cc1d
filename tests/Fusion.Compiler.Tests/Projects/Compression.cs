using Fusion.Compiler.Tests.Infrastructure;
using Fusion.Manifest;

namespace Fusion.Compiler.Tests.Projects;

public sealed class Compression() : NvrtcFixture("12.4")
{
    [SetUp]
    public void TheProjectIsCompiled()
    {
        Project.Add("k.cu", KernelProject.Simple, "sm_80;compute_80");
        File.SetLastWriteTimeUtc(Project.PathOf("k.cu"), DateTime.UtcNow.AddMinutes(-1));
        Project.Request.Compress = true;
        Project.Run().MustSucceed();
    }

    [Test]
    public void StoresFilesBesideTheImagesFromWhichTheyComeOut()
    {
        Assert.That(Project.Files, Is.SupersetOf(new[] { "k.sm_80.cubin", "k.sm_80.cubin.br", "k.compute_80.ptx.br" }));
        foreach (var image in Project.Manifest.Modules[0].Images)
        {
            var file = Path.Combine(Project.Images, image.Resource[KernelManifest.ResourcePrefix.Length..]);
            var (stored, inflated) = (File.ReadAllBytes(file + ".br"), new byte[image.Bytes]);
            Assert.That(ImageCompression.TryDecompress(stored, inflated), Is.True);
            Assert.That(inflated, Is.EqualTo(File.ReadAllBytes(file)));
            Assert.That((image.Encoding, image.StoredBytes), Is.EqualTo((ImageEncoding.Brotli, (long)stored.Length)));
        }
    }

    [Test]
    public void IsUndoneWithoutCompiling()
    {
        Project.Request.Compress = false;
        Assert.That(Project.WhyStale(), Is.Not.Null);

        Assert.That(Project.Run().MustSucceed().Compiled, Is.Empty);

        Assert.That(Project.Files, Has.None.EndsWith(".br"));
        Assert.That(Project.Manifest.Modules[0].Images.Select(i => i.Encoding), Is.All.Null);
    }

    [TestCase("k.sm_80.cubin.br", "")]
    [TestCase("k.sm_80.cubin", "k.cu -> sm_80")]
    public void IsDoneAgainWhereAFileWasDamaged(string file, string compiled)
    {
        var right = File.ReadAllBytes(Path.Combine(Project.Images, file));
        File.WriteAllText(Path.Combine(Project.Images, file), "damaged");
        Assert.That(Project.WhyStale(), Does.Contain(file));

        Assert.That(string.Join(' ', Project.Run().MustSucceed().Compiled), Is.EqualTo(compiled));

        Assert.That(File.ReadAllBytes(Path.Combine(Project.Images, file)), Is.EqualTo(right));
        Assert.That(Project.WhyStale(), Is.Null);
    }
}
