namespace Fusion.Runtime.Tests.Numerics;

public sealed class LayoutsOfScales
{
    // Rows of 5 blocks are padded to 8, so a row of tiles is 2 tiles: 64 scales of 8 rows, 1024 of 128.
    [TestCase(ScaleLayout.Linear, 0, 4, 4)]
    [TestCase(ScaleLayout.Linear, 1, 0, 5)]
    [TestCase(ScaleLayout.Linear, 129, 3, 648)]
    [TestCase(ScaleLayout.Swizzled8x4, 0, 3, 3)]
    [TestCase(ScaleLayout.Swizzled8x4, 1, 0, 4)]
    [TestCase(ScaleLayout.Swizzled8x4, 7, 3, 31)]
    [TestCase(ScaleLayout.Swizzled8x4, 0, 4, 32)]
    [TestCase(ScaleLayout.Swizzled8x4, 8, 0, 64)]
    [TestCase(ScaleLayout.Swizzled8x4, 10, 4, 104)]
    [TestCase(ScaleLayout.Swizzled128x4, 0, 3, 3)]
    [TestCase(ScaleLayout.Swizzled128x4, 1, 0, 16)]
    [TestCase(ScaleLayout.Swizzled128x4, 31, 0, 496)]
    [TestCase(ScaleLayout.Swizzled128x4, 32, 0, 4)]
    [TestCase(ScaleLayout.Swizzled128x4, 33, 2, 22)]
    [TestCase(ScaleLayout.Swizzled128x4, 64, 1, 9)]
    [TestCase(ScaleLayout.Swizzled128x4, 127, 3, 511)]
    [TestCase(ScaleLayout.Swizzled128x4, 0, 4, 512)]
    [TestCase(ScaleLayout.Swizzled128x4, 128, 0, 1024)]
    [TestCase(ScaleLayout.Swizzled128x4, 161, 4, 1556)]
    public void OffsetsAreThoseComputedByHand(ScaleLayout layout, int row, int block, int offset) =>
        Assert.That(ScaleLayouts.Offset(layout, row, block, blocks: 5), Is.EqualTo(offset));

    [TestCase(ScaleLayout.Linear, 1, 5, 5)]
    [TestCase(ScaleLayout.Linear, 130, 4, 520)]
    [TestCase(ScaleLayout.Swizzled8x4, 1, 1, 32)]
    [TestCase(ScaleLayout.Swizzled8x4, 8, 4, 32)]
    [TestCase(ScaleLayout.Swizzled8x4, 9, 5, 128)]
    [TestCase(ScaleLayout.Swizzled128x4, 1, 1, 512)]
    [TestCase(ScaleLayout.Swizzled128x4, 128, 4, 512)]
    [TestCase(ScaleLayout.Swizzled128x4, 129, 5, 2048)]
    public void CountsIncludeThePadding(ScaleLayout layout, int tokens, int blocks, int count) =>
        Assert.That(ScaleLayouts.Count(layout, tokens, blocks), Is.EqualTo(count));

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public bool EveryBlockHasAPlaceOfItsOwnInTheBuffer(ushort anyRows, byte anyBlocks)
    {
        var (rows, blocks) = ((anyRows % 300) + 1, (anyBlocks % 40) + 1);
        return Enum.GetValues<ScaleLayout>().All(layout =>
        {
            var offsets = (from row in Enumerable.Range(0, rows)
                           from block in Enumerable.Range(0, blocks)
                           select ScaleLayouts.Offset(layout, row, block, blocks)).ToHashSet();
            return offsets.Count == rows * blocks && offsets.Min() == 0 &&
                offsets.Max() < ScaleLayouts.Count(layout, rows, blocks);
        });
    }

    [FsCheck.NUnit.Property(MaxTest = 100)]
    public bool PlacesAreThoseOfTilesWrittenOneBehindTheOther(ushort anyRows, byte anyBlocks)
    {
        var (rows, blocks) = ((anyRows % 300) + 1, (anyBlocks % 40) + 1);
        return Enum.GetValues<ScaleLayout>().All(layout =>
        {
            var places = TiledScales.Places(layout, rows, blocks);
            return places.Count == ScaleLayouts.Count(layout, rows, blocks) &&
                Enumerable.Range(0, places.Count).All(i => places[i] is not { } place ||
                    ScaleLayouts.Offset(layout, place.Row, place.Block, blocks) == i);
        });
    }

    [Test]
    public void EachQuantizationHasItsScales()
    {
        var scale = DeviceTensor.Vector(16, ElementType.Float32, 1);
        AssertScales(default, null, 0, 0);
        AssertScales(Quantization.StaticFp8(scale), null, 0, 0);
        AssertScales(Quantization.PerTokenFp8(), ElementType.Float32, 3, 12);
        AssertScales(Quantization.PerGroupFp8(128), ElementType.Float32, 48, 192);
        AssertScales(Quantization.PerGroupFp8(64, ElementType.Float8UE8M0), ElementType.Float8UE8M0, 96, 96);
        AssertScales(Quantization.NvFp4(scale), ElementType.Float8E4M3, 128 * 128, 128 * 128);
        AssertScales(Quantization.NvFp4(scale, ScaleLayout.Swizzled8x4), ElementType.Float8E4M3, 8 * 128, 8 * 128);
        AssertScales(Quantization.MxFp8(ScaleLayout.Linear), ElementType.Float8UE8M0, 3 * 64, 3 * 64);
        AssertScales(Quantization.PerTokenFp8() with { Layout = ScaleLayout.Swizzled128x4 }, ElementType.Float32, 3, 12);
    }

    [TestCase(QuantizationKind.PerGroupFp8, 96, 2048)]
    [TestCase(QuantizationKind.PerGroupFp8, 0, 2048)]
    [TestCase(QuantizationKind.NvFp4, 0, 24)]
    [TestCase(QuantizationKind.MxFp8, 0, 48)]
    public void ARowThatIsNoWholeNumberOfGroupsIsRefused(QuantizationKind kind, int group, int hidden) =>
        Assert.That(
            () => ScaleLayouts.Count(new Quantization { Kind = kind, GroupSize = group }, 1, hidden),
            Throws.ArgumentException.With.Message.Contains($"{hidden} elements"));

    private static void AssertScales(Quantization quantization, ElementType? type, long count, long bytes)
    {
        Assert.That(ScaleLayouts.ScaleType(quantization), Is.EqualTo(type));
        Assert.That(ScaleLayouts.Count(quantization, tokens: 3, hidden: 2048), Is.EqualTo(count));
        Assert.That(ScaleLayouts.ByteCount(quantization, tokens: 3, hidden: 2048), Is.EqualTo(bytes));
    }
}
