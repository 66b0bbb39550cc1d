namespace Fusion.Runtime.Tests.Reference;

public sealed class CallsThatDoNotFit
{
    private const ElementType Type = ElementType.BFloat16;

    [Test]
    public void NoCallAtAllIsRefused() =>
        Assert.That(() => AllReduceReference.Run(Type, []), Throws.ArgumentException.With.Message.Contains("no call"));

    [Test]
    public void TypesThatAreNotReducedAreRefused() =>
        Assert.That(
            () => AllReduceReference.Run(ElementType.Float8E4M3, []),
            Throws.ArgumentException.With.Message.Contains("Float8E4M3"));

    [TestCase(0)]
    [TestCase(12)]
    [TestCase(32776)]
    public void HiddenSizesThatTheTreeDoesNotKnowAreRefused(int hidden) =>
        AssertRefused($"{hidden} columns", (input, _) => new() { Input = input with { Columns = hidden } });

    [Test]
    public void ATensorOfAnotherShapeOrTypeIsRefusedByNameAndRank()
    {
        AssertRefused("Rank 1: NormOut", (input, rank) => new()
        {
            Input = input,
            NormOut = rank == 1 ? input with { Rows = 3 } : null,
        });
        AssertRefused("Rank 0: Residual", (input, _) => new()
        {
            Input = input,
            Residual = input with { Type = ElementType.Float32 },
        });
        AssertRefused("Rank 1: Input", (input, rank) => new() { Input = input with { Rows = 2 + rank } });
        AssertRefused("Rank 0: the address of Input is null", (input, _) => new() { Input = input with { Address = 0 } });
        AssertRefused("Rank 0: QuantOut", (input, _) => new()
        {
            Input = input,
            Quantization = Quantization.PerTokenFp8(),
            QuantOut = input,
        });
    }

    [Test]
    public void RanksThatWantDifferentThingsAreRefused()
    {
        AssertRefused("Rank 1: norm", (input, rank) => new()
        {
            Input = input,
            Norm = rank == 0 ? default : Normalization.Rms(input with { Rows = 1 }, 0),
        });
        AssertRefused("Rank 1: quantization", (input, rank) => new()
        {
            Input = input,
            Quantization = Quantization.MxFp8(rank == 0 ? ScaleLayout.Linear : ScaleLayout.Swizzled8x4),
        });
    }

    [Test]
    public void ANormWithoutWeightsAndAQuantizationWithoutItsScaleAreRefused()
    {
        AssertRefused("Gamma is null", (input, _) => new() { Input = input, Norm = new() { Kind = NormKind.Rms } });
        AssertRefused("Scale is null", (input, _) => new()
        {
            Input = input,
            Quantization = new() { Kind = QuantizationKind.NvFp4 },
        });
    }

    [Test]
    public void AScaleBufferWithoutRoomForThePaddingIsRefused() =>
        AssertRefused("has 511 elements; its layout needs 512", (input, _) => new()
        {
            Input = input,
            Quantization = Quantization.MxFp8(),
            ScaleOut = DeviceTensor.Vector(16, ElementType.Float8UE8M0, 511),
        });

    // Outputs are never reached, so their addresses may be anything.
    private static void AssertRefused(string words, Func<DeviceTensor, int, AllReduceCall> call)
    {
        using var memory = new HostTensor(Type, 2, 64);
        var calls = new[] { call(memory.Tensor, 0), call(memory.Tensor, 1) };
        Assert.That(() => AllReduceReference.Run(Type, calls), Throws.ArgumentException.With.Message.Contains(words));
        Assert.That(memory.Bytes.IndexOfAnyExcept((byte)0x5A), Is.EqualTo(-1));
    }
}
