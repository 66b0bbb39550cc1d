namespace Fusion.Runtime.Tests.Reference;

public sealed class QuantizedRows
{
    private const int Hidden = 64;

    private static readonly AllReduceShape Plain = new(ElementType.Float32, Hidden);

    private static readonly AllReduceShape NvFp4 = Plain with { Quantization = QuantizationKind.NvFp4 };

    private static readonly AllReduceShape PerGroup = Plain with { Quantization = QuantizationKind.PerGroupFp8, Group = 32 };

    [Test]
    public void ZerosHaveTheSmallestScalesAndZeroCodesWithTheirSign()
    {
        float[] row = [.. Enumerable.Range(0, Hidden).Select(i => i % 2 == 0 ? 0f : -0f)];
        var perToken = Run(Plain with { Quantization = QuantizationKind.PerTokenFp8 }, row);
        Assert.That(perToken.FloatScales, Is.EqualTo(new[] { 4.3596540e-6f }));
        Assert.That(Run(PerGroup, row).FloatScales, Is.EqualTo(new[] { 1e-10f, 1e-10f }));
        Assert.That(Run(PerGroup with { GroupScale = ElementType.Float8UE8M0 }, row).ScaleOut, Is.EqualTo(new byte[] { 94, 94 }));
        Assert.That(Run(Plain with { Quantization = QuantizationKind.MxFp8 }, row).ScaleOut, Is.EqualTo(new byte[] { 0, 0 }));
        Assert.That(perToken.QuantOut!.Chunk(2), Is.All.EqualTo(new byte[] { 0x00, 0x80 }));

        var nvFp4 = Run(NvFp4, row);
        Assert.That(nvFp4.ScaleOut, Is.All.Zero);
        Assert.That(nvFp4.QuantOut, Is.All.EqualTo(0x80));
    }

    [Test]
    public void ANaNIsPassedOverByTheScaleAndKeptByItsOwnCode()
    {
        var row = Row(1, float.NaN, -448);
        var perToken = Run(Plain with { Quantization = QuantizationKind.PerTokenFp8 }, row);
        Assert.That(perToken.FloatScales, Is.EqualTo(new[] { 1f }));
        Assert.That(perToken.QuantOut![..4], Is.EqualTo(new byte[] { 0x38, 0x7F, 0xFE, 0 }));

        var nvFp4 = Run(NvFp4, Row(1, float.NaN, -6));
        Assert.That(nvFp4.ScaleOut![0], Is.EqualTo(0x38));
        Assert.That(nvFp4.QuantOut![..2], Is.EqualTo(new byte[] { 0x72, 0x0F }));
    }

    [Test]
    public void AGroupOfNaNAloneHasTheScaleOfZeros()
    {
        float[] row = [.. Enumerable.Repeat(float.NaN, Hidden)];
        Assert.That(Run(PerGroup, row).FloatScales, Is.EqualTo(new[] { 1e-10f, 1e-10f }));
        Assert.That(Run(PerGroup, row).QuantOut, Is.All.EqualTo(0x7F));
        Assert.That(Run(NvFp4, row).ScaleOut, Is.All.Zero);
        Assert.That(Run(NvFp4, row).QuantOut, Is.All.EqualTo(0x77));
    }

    [Test]
    public void AnInfinityTakesItsGroupWithIt()
    {
        var row = Row(-1, float.NegativeInfinity, 448);
        var perToken = Run(Plain with { Quantization = QuantizationKind.PerTokenFp8 }, row);
        Assert.That(perToken.FloatScales, Is.EqualTo(new[] { float.PositiveInfinity }));
        Assert.That(perToken.QuantOut![..3], Is.EqualTo(new byte[] { 0x80, 0x7F, 0 }));

        var mxFp8 = Run(Plain with { Quantization = QuantizationKind.MxFp8 }, row);
        Assert.That(mxFp8.ScaleOut, Is.EqualTo(new byte[] { 254, 0 }));
        Assert.That(mxFp8.QuantOut![..3], Is.EqualTo(new byte[] { 0x80, 0xFE, 0 }));

        var nvFp4 = Run(NvFp4, row);
        Assert.That(nvFp4.ScaleOut, Is.EqualTo(new byte[] { 0x7E, 0, 0, 0 }));
        Assert.That(nvFp4.QuantOut![..2], Is.EqualTo(new byte[] { 0xF8, 0x02 }));
    }

    [Test]
    public void SubnormalNumbersAreNotFlushed()
    {
        var row = Row(1e-40f, -1e-40f);
        var mxFp8 = Run(Plain with { Quantization = QuantizationKind.MxFp8 }, row);
        // 1e-40 / 448 rounds up to 2^-126, the scale; 1e-40 / 2^-126 is 0.0085, nearest to 4 · 2^-9.
        Assert.That(mxFp8.ScaleOut![0], Is.EqualTo(1));
        Assert.That(mxFp8.QuantOut![..2], Is.EqualTo(new byte[] { 0x04, 0x84 }));

        var nvFp4 = Run(NvFp4 with { GivenScale = 1e38f }, Row(6e-38f, -3e-38f));
        Assert.That(nvFp4.ScaleOut![0], Is.EqualTo(0x38));
        Assert.That(nvFp4.QuantOut![0], Is.EqualTo(0xD7));
    }

    [Test]
    public void StaticFp8MultipliesByTheReciprocalAndSaturates()
    {
        var shape = Plain with { Quantization = QuantizationKind.StaticFp8, GivenScale = 0.25f };
        var codes = Run(shape, Row(1, -0.5f, 113, -1e30f, 0)).QuantOut!;
        Assert.That(codes[..5], Is.EqualTo(new byte[] { 0x48, 0xC0, 0x7E, 0xFE, 0 }));
    }

    [Test]
    public void ABlockWhoseNvFp4ScaleVanishesGivesZeros()
    {
        // 0.005 / 6 is nearer to 0 than to 2^-9, the smallest e4m3 number.
        var outputs = Run(NvFp4, Row(0.005f, -0.005f));
        Assert.That(outputs.ScaleOut, Is.All.Zero);
        Assert.That(outputs.QuantOut![0], Is.EqualTo(0x80));
    }

    [Test]
    public void MinusZeroKeepsItsSignThroughADivision()
    {
        var row = Row(448, -0f, -1e-30f);
        foreach (var shape in AllReduceShape.EveryQuantization(ElementType.Float32, Hidden))
        {
            if (EveryQuantization.RowOf(shape.Quantization)?.Codes != "e4m3") continue;
            Assert.That(Run(shape, row).QuantOut![1..4], Is.EqualTo(new byte[] { 0x80, 0x80, 0 }), shape.ToString());
        }
    }

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public void WhatIsDequantizedIsAtMostHalfAStepAway(int seed)
    {
        foreach (var every in AllReduceShape.EveryQuantization(ElementType.Float32, Hidden))
        {
            if (EveryQuantization.RowOf(every.Quantization) is not { } row || every.Layout != ScaleLayout.Linear) continue;
            var largestCode = ContractQuantization.LargestCode(row.Codes);
            var inputs = AllReduceInputs.Random(every, ranks: 1, tokens: 1, seed, special: false) with { Residual = null };
            // A given scale that fits the largest number, as users choose it: nothing saturates.
            var largest = inputs.Ranks[0][0].Max(MathF.Abs);
            var shape = every with
            {
                GivenScale = row.Block > 0 ? 448 * largestCode / largest : largest / largestCode,
            };
            var outputs = ReferenceRun.Of(shape, inputs)[0];
            for (var i = 0; i < Hidden; i++)
            {
                var (scaled, code, halfStep) = Dequantized(shape, outputs, inputs.Ranks[0][0][i], i);
                if (Math.Abs(scaled - code) > halfStep * 1.0001) Assert.Fail($"{shape}: {scaled:r} became {code:r}");
            }
        }
    }

    // The element in units of its scale, what its code says, and half the distance of the numbers there.
    private static (double Scaled, double Code, double HalfStep) Dequantized(
        AllReduceShape shape, RankOutputs outputs, double value, int i)
    {
        var quantization = new Quantization { Kind = shape.Quantization, GroupSize = shape.Group, GroupScaleType = shape.GroupScale };
        var (code, halfStep) = ContractQuantization.Decoded(ScaleLayouts.CodeType(quantization), outputs.QuantOut!, i);
        if (ScaleLayouts.ScaleType(quantization) is not { } type) return (value / shape.GivenScale, code, halfStep);
        var block = i * ScaleLayouts.BlocksPerRow(quantization, Hidden) / Hidden;
        double scale = type switch
        {
            ElementType.Float32 => outputs.FloatScales[block],
            ElementType.Float8UE8M0 => Float8UE8M0.FromBits(outputs.ScaleOut![block]).ToSingle(),
            // A global scale multiplies what the scale of the block divides.
            _ => Float8E4M3.FromBits(outputs.ScaleOut![block]).ToSingle() / (double)shape.GivenScale,
        };
        return (value / scale, code, halfStep);
    }

    private static float[] Row(params float[] start) => [.. start, .. new float[Hidden - start.Length]];

    private static RankOutputs Run(AllReduceShape shape, float[] row) =>
        ReferenceRun.Of(shape, AllReduceInputs.OneRow(row))[0];
}
