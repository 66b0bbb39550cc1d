using Fusion.Emulation;
using Fusion.Runtime;

namespace Llama.Tests.Gpu;

/// <summary>Emulated GPUs for the time of a test, with an eye on mistakes of kernels.</summary>
internal sealed class EmulatedGpus : IDisposable
{
    public EmulatedGpus(int ranks = 1)
    {
        Emulator.Use(new() { Gpus = ranks });
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
