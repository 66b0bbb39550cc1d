using Fusion.Gpu.Tests;
using Fusion.Gpu.Tests.Fused;
using Fusion.Runtime;

namespace Fusion.Emulation.Tests.Ranks;

/// <summary>The built-in kernels where a seed decides in which order blocks and warps take turns and stores to peers arrive.</summary>
public sealed class SeededAllReduces
{
    [TearDown]
    public void Leave()
    {
        OpenGpus.Close();
        Emulator.Leave();
    }

    [Test]
    public void GiveTheBitsOfTheReference([Range(1, 6)] int seed, [Values(AllReduceStrategy.OneShot, AllReduceStrategy.TwoShot)] AllReduceStrategy strategy)
    {
        // Two to four GPUs, in turn.
        var gpus = 2 + (seed % 3);
        Emulator.Use(new() { Gpus = gpus, Seed = seed });
        Assert.That(Run(gpus, strategy, calls: 4), Is.Empty, $"seed {seed}");
        Assert.That(Emulator.Faults, Is.Empty);
    }

    /// <summary>Runs calls of several shapes one after the other.</summary>
    /// <returns>What is wrong; empty if nothing is.</returns>
    internal static string Run(int ranks, AllReduceStrategy strategy, int calls)
    {
        foreach (var (hidden, tokens) in new[] { (64, 3), (2048, 2) })
        {
            using var compared = new ComparedRanks(ranks, new AllReduceOptions
            {
                HiddenSize = hidden,
                MaxTokens = tokens,
                DataType = ElementType.BFloat16,
                Timeout = TimeSpan.FromMinutes(1),
            });
            for (var call = 0; call < calls; call++)
            {
                var data = new AllReduceCase(ElementType.BFloat16, ranks, hidden, tokens, seed: hidden + call);
                var epilogue = new Epilogue { HasResidual = true, Norm = NormKind.Rms };
                if (compared.Compare(data, epilogue, strategy) is { Length: > 0 } wrong) return $"call {call}: {wrong}";
            }
        }

        return "";
    }
}
