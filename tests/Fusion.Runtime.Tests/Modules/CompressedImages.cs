using Fusion.Manifest;

namespace Fusion.Runtime.Tests.Modules;

public sealed class CompressedImages
{
    [FsCheck.NUnit.Property]
    public bool ComeOutAsTheyWentIn(byte[] part, FsCheck.NonNegativeInt repeated)
    {
        byte[] image = [.. Enumerable.Repeat(part, (repeated.Get % 50) + 1).SelectMany(p => p)];
        if (ImageCompression.Compress(image) is not { } stored) return true;
        var inflated = new byte[image.Length];
        return stored.Length <= image.Length - (image.Length / 8)
            && ImageCompression.TryDecompress(stored, inflated) && inflated.AsSpan().SequenceEqual(image);
    }

    [Test]
    public void AreNotMadeOfWhatDoesNotShrink()
    {
        var noise = new byte[10_000];
        new Random(1).NextBytes(noise);

        Assert.That(ImageCompression.Compress(noise), Is.Null);
        Assert.That(ImageCompression.Compress(new byte[10_000]), Has.Length.LessThan(100));
    }
}
