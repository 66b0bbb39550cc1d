using Fusion.Gpu.Tests;
using Fusion.Gpu.Tests.Fused;
using Fusion.Runtime;

namespace Fusion.Emulation.Tests.Ranks;

/// <summary>Calls that are larger than the workspace, which are done in pieces of 128 tokens.</summary>
public sealed class CallsInPieces
{
    private const int Hidden = 32;
    private const int Tokens = 130;

    [TearDown]
    public void Leave()
    {
        OpenGpus.Close();
        Emulator.Leave();
    }

    [TestCase(AllReduceStrategy.OneShot)]
    [TestCase(AllReduceStrategy.TwoShot)]
    [TestCase(AllReduceStrategy.Separate)]
    public void GiveTheBitsOfTheReference(AllReduceStrategy strategy)
    {
        Emulator.Use(new() { Gpus = 2 });
        using var compared = new ComparedRanks(2, new AllReduceOptions
        {
            HiddenSize = Hidden,
            MaxTokens = Tokens,
            Timeout = TimeSpan.FromMinutes(1),
            WorkspaceLimitBytes = 1,
            Policy = AllReducePolicy.WithLimits(long.MaxValue),
        });
        var data = new AllReduceCase(ElementType.BFloat16, 2, Hidden, Tokens, seed: 1);
        var padded = EveryQuantization.Of(Hidden).Last(quantization => quantization.Layout == ScaleLayout.Swizzled128x4);
        foreach (var quantization in new[] { padded, new Quantization { Kind = QuantizationKind.PerTokenFp8 } })
        {
            var epilogue = new Epilogue { HasResidual = true, Norm = NormKind.Rms, Quantization = quantization };
            Assert.That(compared.Compare(data, epilogue, strategy), Is.Empty);
        }

        Assert.That(compared.Operation.Plan(Tokens).Pieces, Is.EqualTo(2));
        Assert.That(Emulator.Faults, Is.Empty);
    }
}
