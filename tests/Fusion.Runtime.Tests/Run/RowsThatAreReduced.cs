namespace Fusion.Runtime.Tests.Run;

/// <summary>Residual, norm and quantization of what is reduced already: what the fused call does after its sum.</summary>
public sealed class RowsThatAreReduced
{
    private const int Hidden = 40;
    private const int Tokens = 3;

    [Test]
    public void HaveTheBitsThatTheFusedCallGivesAfterItsSum()
    {
        using var group = RankGroup.OnCpu(2);
        using var fused = new AllReduce(group, new() { HiddenSize = Hidden, MaxTokens = Tokens });
        var rows = new EpilogueOperation(group, new() { HiddenSize = Hidden, MaxTokens = Tokens });
        using HostTensor x0 = Numbers(1), x1 = Numbers(2), residual = Numbers(3), gamma = Numbers(4, rows: 1);
        using HostTensor sum = Empty(), added = Empty(), codes = Codes(), scales = Scales();
        using HostTensor otherAdded = Empty(), otherCodes = Codes(), otherScales = Scales();
        var call = new AllReduceCall
        {
            Input = x0.Tensor,
            Residual = residual.Tensor,
            Norm = Normalization.Rms(gamma.Tensor, 1e-5f),
            Quantization = Quantization.PerTokenFp8(),
            AllReduceOut = sum.Tensor,
            ResidualOut = added.Tensor,
            QuantOut = codes.Tensor,
            ScaleOut = scales.Tensor,
        };
        using HostTensor sum1 = Empty(), added1 = Empty(), codes1 = Codes(), scales1 = Scales();
        fused.Launch(0, null, call);
        fused.Launch(1, null, call with
        {
            Input = x1.Tensor,
            AllReduceOut = sum1.Tensor,
            ResidualOut = added1.Tensor,
            QuantOut = codes1.Tensor,
            ScaleOut = scales1.Tensor,
        });
        fused.Synchronize(0);

        // It exchanges nothing: one rank alone may call.
        rows.Launch(1, null, call with
        {
            Input = sum.Tensor,
            AllReduceOut = null,
            ResidualOut = otherAdded.Tensor,
            QuantOut = otherCodes.Tensor,
            ScaleOut = otherScales.Tensor,
        });

        Assert.That(otherAdded.Bytes.ToArray(), Is.EqualTo(added.Bytes.ToArray()));
        Assert.That(otherCodes.Bytes.ToArray(), Is.EqualTo(codes.Bytes.ToArray()));
        Assert.That(otherScales.Bytes.ToArray(), Is.EqualTo(scales.Bytes.ToArray()));
    }

    [Test]
    public void MayBeReplacedInPlace()
    {
        using var group = RankGroup.OnCpu(2);
        var rows = new EpilogueOperation(group, new() { HiddenSize = Hidden, MaxTokens = Tokens });
        using HostTensor input = Numbers(1), residual = Numbers(2), expected = Empty();
        rows.Launch(0, null, new() { Input = input.Tensor, Residual = residual.Tensor, ResidualOut = expected.Tensor });
        rows.Launch(0, null, new() { Input = input.Tensor, Residual = residual.Tensor, ResidualOut = residual.Tensor });
        Assert.That(residual.Bytes.ToArray(), Is.EqualTo(expected.Bytes.ToArray()));
    }

    [Test]
    public void AreCheckedAsACallIs()
    {
        using var group = RankGroup.OnCpu(2);
        var rows = new EpilogueOperation(group, new() { HiddenSize = Hidden, MaxTokens = Tokens - 1 });
        using HostTensor input = Numbers(1), output = Empty();
        var call = new AllReduceCall { Input = input.Tensor, ResidualOut = output.Tensor };
        Assert.That(() => rows.Launch(0, null, call), Throws.TypeOf<FusionArgumentException>());
        Assert.That(() => rows.Launch(2, null, call), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new EpilogueOperation(group, new() { HiddenSize = 7, MaxTokens = 1 }), Throws.TypeOf<FusionArgumentException>());
    }

    private static HostTensor Numbers(int seed, int rows = Tokens)
    {
        var random = new Random(seed);
        return new(ElementType.BFloat16, [.. Enumerable.Range(0, rows)
            .Select(_ => Enumerable.Range(0, Hidden).Select(_ => (random.NextSingle() * 4) - 2).ToArray())]);
    }

    private static HostTensor Empty() => new(ElementType.BFloat16, Tokens, Hidden);

    private static HostTensor Codes() => new(ElementType.Float8E4M3, Tokens, Hidden);

    private static HostTensor Scales() => new(ElementType.Float32, Tokens, 1);
}
