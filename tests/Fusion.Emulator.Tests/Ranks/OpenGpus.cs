using Fusion.Runtime;

namespace Fusion.Gpu.Tests;

/// <summary>Groups of emulated GPUs, for the helpers that GPU tests have too: each rank has a GPU of its own.</summary>
internal static class OpenGpus
{
    private static readonly List<RankGroup> Groups = [];

    public static RankGroup Group(int ranks, KernelLoadOptions? kernels = null)
    {
        var group = RankGroup.OfGpus([.. Enumerable.Range(0, ranks)], kernels);
        Groups.Add(group);
        return group;
    }

    /// <summary>Disposes of the groups of a test.</summary>
    public static void Close()
    {
        Groups.ForEach(group => group.Dispose());
        Groups.Clear();
    }
}
