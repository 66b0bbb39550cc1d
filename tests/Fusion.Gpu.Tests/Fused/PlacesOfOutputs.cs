using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Fused;

/// <summary>Outputs over inputs, and outputs that are left out.</summary>
public sealed class PlacesOfOutputs : GpuTest
{
    private const int Hidden = 4096;
    private const int Ranks = 3;

    [Test]
    public void OutputsOverInputsAreTheSameBits(
        [Values] bool overInput, [Values(1, 150)] int tokens,
        [Values(AllReduceStrategy.OneShot, AllReduceStrategy.TwoShot, AllReduceStrategy.Separate)] AllReduceStrategy strategy)
    {
        var epilogue = new Epilogue { HasResidual = true, Norm = NormKind.Rms };
        var data = new AllReduceCase(ElementType.BFloat16, Ranks, Hidden, tokens, seed: tokens);
        var expected = data.Expected(epilogue);
        var options = new AllReduceOptions { HiddenSize = Hidden, MaxTokens = tokens, Policy = AllReducePolicy.WithLimits(long.MaxValue) };
        using var loopback = new ComparedRanks(Ranks, options);
        var calls = loopback.Prepare(data, epilogue);
        for (var rank = 0; rank < Ranks; rank++)
        {
            calls[rank] = calls[rank] with
            {
                AllReduceOut = null,
                NormOut = overInput ? calls[rank].Input : calls[rank].NormOut,
                ResidualOut = calls[rank].Residual,
            };
            loopback.Operation.Launch(rank, null, calls[rank], strategy);
        }

        for (var rank = 0; rank < Ranks; rank++) loopback.Operation.Synchronize(rank);
        for (var rank = 0; rank < Ranks; rank++)
        {
            var (norm, residual) = (nameof(AllReduceCall.NormOut), nameof(AllReduceCall.ResidualOut));
            Assert.That(overInput ? loopback.Input(rank, "input", expected[norm].Length) : loopback.Output(rank, norm, expected[norm].Length),
                Is.EqualTo(expected[norm]));
            Assert.That(loopback.Input(rank, "residual", expected[residual].Length), Is.EqualTo(expected[residual]));
        }
    }

    [Test]
    public void ATokenAloneHasTheBitsThatItHasInABatch()
    {
        const int Tokens = 60;
        var epilogue = new Epilogue { HasResidual = true, Norm = NormKind.Rms, Quantization = Quantization.PerTokenFp8() };
        var batch = new AllReduceCase(ElementType.BFloat16, Ranks, Hidden, Tokens, seed: 3);
        var row = Hidden * sizeof(ushort);
        using var loopback = new ComparedRanks(Ranks, new AllReduceOptions { HiddenSize = Hidden, MaxTokens = Tokens });
        Assert.That(loopback.Compare(batch, epilogue, AllReduceStrategy.TwoShot), Is.Empty);
        foreach (var token in new[] { 0, 17, Tokens - 1 })
        {
            var alone = new AllReduceCase(ElementType.BFloat16, Ranks, Hidden, 1, seed: 4);
            for (var rank = 0; rank < Ranks; rank++)
                batch.Inputs[rank].AsSpan(token * row, row).CopyTo(alone.Inputs[rank]);
            batch.Residual.AsSpan(token * row, row).CopyTo(alone.Residual);
            batch.Gamma.CopyTo(alone.Gamma, 0);
            alone.WithSumOfInputs();
            Assert.That(loopback.Compare(alone, epilogue, AllReduceStrategy.OneShot), Is.Empty);
            var inBatch = batch.Expected(epilogue)[nameof(AllReduceCall.NormOut)].AsSpan(token * row, row);
            Assert.That(inBatch.SequenceEqual(alone.Expected(epilogue)[nameof(AllReduceCall.NormOut)]), Is.True);
        }
    }
}
