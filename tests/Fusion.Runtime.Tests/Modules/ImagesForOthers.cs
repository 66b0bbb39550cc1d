using System.Security.Cryptography;
using System.Text;
using Fusion.Manifest;

namespace Fusion.Runtime.Tests.Modules;

/// <summary>The bytes of images, for libraries that load them themselves.</summary>
public sealed class ImagesForOthers
{
    private static readonly byte[] Cubin = [.. Enumerable.Range(0, 999).Select(i => (byte)(i % 7))];
    private static readonly byte[] Ptx = Encoding.ASCII.GetBytes(".version 8.4\n");

    [TestCase(9, 0, "sm_90")]
    [TestCase(8, 6, "compute_80")]
    public void AreThoseThatTheGpuWouldLoad(int major, int minor, string architecture)
    {
        var assembly = KernelAssembly.With(Manifest(), Resources());

        var image = KernelLibrary.ReadImage(assembly, "kernels/a", new(major, minor));

        Assert.That(image, Is.EqualTo(architecture == "sm_90" ? Cubin : [.. Ptx, 0]));
        var choice = KernelLibrary.Choose(assembly, new(major, minor)).Single();
        Assert.That((choice.Image!.Architecture, choice.ReadImage(assembly)), Is.EqualTo((architecture, image)));
    }

    [Test]
    public void AreChecked()
    {
        var resources = Resources().ToDictionary(one => one.Name, one => one.Bytes);
        resources["ptx"][3] ^= 1;
        Assert.That(() => KernelLibrary.ReadImage(KernelAssembly.With(Manifest(), resources.Select(r => (r.Key, r.Value))), "kernels/a", new(8, 0)),
            Throws.TypeOf<KernelLoadException>());
    }

    [Test]
    public void AreNotThereForOtherGpusDriversOrModules()
    {
        var assembly = KernelAssembly.With(Manifest(), Resources());
        Assert.That(() => KernelLibrary.ReadImage(assembly, "kernels/a", new(7, 5)), Throws.TypeOf<KernelLoadException>()
            .With.Message.Contains("none of sm_90 (cubin), compute_80 (PTX) runs on 7.5").And.Message.Contains("Add sm_75"));
        Assert.That(() => KernelLibrary.ReadImage(assembly, "kernels/a", new(8, 0), new Version(8, 0)),
            Throws.TypeOf<KernelLoadException>().With.Message.Contains("newer than the driver's 8.0"));
        Assert.That(() => KernelLibrary.ReadImage(assembly, "kernels/b", new(8, 0)),
            Throws.ArgumentException.With.Message.Contains("There is: kernels/a."));
        Assert.That(() => KernelLibrary.Choose(assembly, new(7, 5)).Single().ReadImage(assembly), Throws.InvalidOperationException);
    }

    private static KernelManifest Manifest() => Samples.Manifest(Samples.Module("kernels/a",
        Samples.Image("sm_90", sha256: Hash(Cubin), bytes: Cubin.Length) with { Resource = "cubin", Encoding = ImageEncoding.Brotli },
        Samples.Image("compute_80", sha256: Hash(Ptx), bytes: Ptx.Length) with { Resource = "ptx" }));

    private static (string Name, byte[] Bytes)[] Resources() => [("cubin", ImageCompression.Compress(Cubin)!), ("ptx", [.. Ptx])];

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
