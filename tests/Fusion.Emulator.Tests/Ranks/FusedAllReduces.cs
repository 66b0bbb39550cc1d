using Fusion.Gpu.Tests;
using Fusion.Gpu.Tests.Fused;
using Fusion.Runtime;

namespace Fusion.Emulation.Tests.Ranks;

/// <summary>The built-in kernels on emulated GPUs, every output of every rank against the reference, bit for bit.</summary>
public sealed class FusedAllReduces
{
    private static readonly AllReduceStrategy[] Strategies =
        [AllReduceStrategy.OneShot, AllReduceStrategy.TwoShot, AllReduceStrategy.Separate];

    [TearDown]
    public void Leave()
    {
        OpenGpus.Close();
        Emulator.Leave();
    }

    [Test]
    public void GiveTheBitsOfTheReference(
        [Values(2, 3, 4)] int ranks, [Values(ElementType.BFloat16, ElementType.Float16, ElementType.Float32)] ElementType type)
    {
        Emulator.Use(new() { Gpus = ranks });
        foreach (var (hidden, tokens) in new[] { (8, 3), (96, 1), (768, 2) })
        {
            using var compared = new ComparedRanks(ranks, new AllReduceOptions
            {
                HiddenSize = hidden,
                MaxTokens = tokens,
                DataType = type,
                Timeout = TimeSpan.FromMinutes(1),
            });
            var data = new AllReduceCase(type, ranks, hidden, tokens, seed: hidden);
            foreach (var epilogue in Epilogue.Few(hidden))
                foreach (var strategy in Strategies)
                    Assert.That(compared.Compare(data, epilogue, strategy), Is.Empty);
        }

        Assert.That(Emulator.Faults, Is.Empty);
    }
}
