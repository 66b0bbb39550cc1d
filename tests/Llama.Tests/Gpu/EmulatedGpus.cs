using Fusion.Emulation;
using Fusion.Runtime;

namespace Llama.Tests.Gpu;

/// <summary>Emulated GPUs for the time of a test, with an eye on mistakes of kernels.</summary>
internal sealed class EmulatedGpus : IDisposable
{
    /// <param name="ranks">Number of GPUs.</param>
    /// <param name="seed">Seed of the order in which blocks and warps go on; null for the usual one.</param>
    public EmulatedGpus(int ranks = 1, int? seed = null)
    {
        Emulator.Use(new() { Gpus = ranks, Seed = seed });
        Group = ranks == 1 ? RankGroup.Loopback(1) : RankGroup.OnGpus([.. Enumerable.Range(0, ranks)]);
    }

    public RankGroup Group { get; }

    public Rank Rank => Group.Ranks[0];

    public void Dispose()
    {
        Group.Dispose();
        var faults = Emulator.Faults;
        Emulator.Leave();
        Assert.That(faults, Is.Empty);
    }
}
