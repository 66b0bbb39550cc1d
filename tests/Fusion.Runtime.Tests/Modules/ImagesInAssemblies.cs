using System.Security.Cryptography;
using System.Text;
using Fusion.Manifest;

namespace Fusion.Runtime.Tests.Modules;

public sealed unsafe class ImagesInAssemblies
{
    private static readonly byte[] Content = Encoding.ASCII.GetBytes(".version 8.4\n.target sm_80\n");

    private static readonly byte[] Long = Encoding.ASCII.GetBytes(
        string.Concat(Enumerable.Range(0, 500).Select(i => $"mov.u32 %r{i}, {i * i};\n")));

    private static string ContentHash => Convert.ToHexStringLower(SHA256.HashData(Content));

    [Test]
    public void PtxGetsTheZeroByteThatTheDriverNeeds()
    {
        var image = Samples.Image("compute_80", sha256: ContentHash, bytes: Content.Length);
        using var bytes = Open(image, Content);
        Assert.That(new ReadOnlySpan<byte>(bytes.Pointer, Content.Length + 1).ToArray(),
            Is.EqualTo((byte[])[.. Content, 0]));
    }

    [Test]
    public void ACubinIsAlignedForItsFields([Values(0, 1, 2, 3, 4, 5, 6, 7)] int before)
    {
        var image = Samples.Image("sm_90", sha256: ContentHash, bytes: Content.Length);
        var assembly = KernelAssembly.WithResources(("other", new byte[before]), (image.Resource, Content));
        using var bytes = ImageBytes.Open(assembly, image);
        Assert.That((ulong)bytes.Pointer % 8, Is.Zero);
        Assert.That(new ReadOnlySpan<byte>(bytes.Pointer, Content.Length).ToArray(), Is.EqualTo(Content));
    }

    [Test]
    public void OneChangedByteIsFound([Values] bool ptx)
    {
        var image = Samples.Image(ptx ? "compute_80" : "sm_80", sha256: ContentHash, bytes: Content.Length);
        var changed = (byte[])Content.Clone();
        changed[5] ^= 1;
        Assert.That(() => Open(image, changed).Dispose(), Throws.TypeOf<KernelLoadException>()
            .With.Property(nameof(FusionException.Code)).EqualTo("FUSION2005")
            .And.Message.Contains(image.Resource).And.Message.Contains(ContentHash).And.Message.Contains("SHA-256"));
    }

    [Test]
    public void AMissingEndIsFound()
    {
        var image = Samples.Image("sm_80", sha256: ContentHash, bytes: Content.Length);
        Assert.That(() => Open(image, Content[..^1]).Dispose(), Throws.TypeOf<KernelLoadException>()
            .With.Message.Contains($"it has {Content.Length - 1} bytes, but the manifest says {Content.Length}"));
    }

    [Test]
    public void ACompressedOneIsInflatedAlignedAndHasAZeroByteBehindIt([Values] bool ptx)
    {
        var (image, stored) = Compressed(ptx ? "compute_80" : "sm_80");
        using var bytes = Open(image, stored);
        Assert.That((ulong)bytes.Pointer % 8, Is.Zero);
        Assert.That(new ReadOnlySpan<byte>(bytes.Pointer, Long.Length + 1).ToArray(), Is.EqualTo((byte[])[.. Long, 0]));
    }

    [Test]
    public void ACompressedOneThatWasDamagedOrCutOffIsFound([Values] bool cut)
    {
        var (image, stored) = Compressed("sm_80");
        if (cut) stored = stored[..^1];
        else stored[stored.Length / 2] ^= 0x55;
        Assert.That(() => Open(image, stored).Dispose(),
            Throws.TypeOf<KernelLoadException>().With.Message.Contains(image.Resource));
    }

    [TestCase(-1)]
    [TestCase(10)]
    [TestCase(long.MaxValue)]
    public void ACompressedOneOfAnotherLengthThanTheManifestSaysIsFound(long bytes)
    {
        var (image, stored) = Compressed("sm_80");
        Assert.That(() => Open(image with { Bytes = bytes }, stored).Dispose(),
            Throws.TypeOf<KernelLoadException>().With.Message.Contains($"{bytes}"));
    }

    [Test]
    public void AMissingImageIsNamed()
    {
        var image = Samples.Image("sm_80");
        var assembly = KernelAssembly.WithResources(("other", Content));
        Assert.That(() => ImageBytes.Open(assembly, image).Dispose(), Throws.TypeOf<KernelLoadException>()
            .With.Message.Contains(image.Resource).And.Message.Contains("no resource"));
    }

    private static (KernelImage Image, byte[] Stored) Compressed(string architecture)
    {
        var stored = ImageCompression.Compress(Long)!;
        var image = Samples.Image(architecture, sha256: Convert.ToHexStringLower(SHA256.HashData(Long)), bytes: Long.Length);
        return (image with { Encoding = ImageEncoding.Brotli, StoredBytes = stored.Length }, stored);
    }

    private static ImageBytes Open(KernelImage image, byte[] content) =>
        ImageBytes.Open(KernelAssembly.WithResources((image.Resource, content)), image);
}
