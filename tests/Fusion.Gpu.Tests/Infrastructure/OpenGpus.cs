using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Manifest;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests;

/// <summary>Keeps the GPUs' contexts while the tests run, and the groups that many tests share: to make a context takes as long as
/// hundreds of calls.</summary>
[SetUpFixture]
public sealed class OpenGpus
{
    private static readonly Dictionary<(int Ranks, ImageKind? Kind, int Number), RankGroup> Groups = [];
    private static readonly List<GpuContext> Contexts = [];

    [OneTimeSetUp]
    public void Open()
    {
        if (!GpuDriver.IsAvailable) return;
        try
        {
            Contexts.AddRange(RanksOfATest.Gpus.Select(GpuContext.Open));
        }
        catch (FusionException e)
        {
            // Each test says so for itself.
            TestContext.Progress.WriteLine(e.Message);
        }
    }

    [OneTimeTearDown]
    public void Close()
    {
        foreach (var group in Groups.Values) group.Dispose();
        Groups.Clear();
        Contexts.ForEach(context => context.Dispose());
        Contexts.Clear();
    }

    /// <summary>A group that other tests use too; not to be disposed. Tests run one after the other.</summary>
    /// <param name="ranks">Number of ranks.</param>
    /// <param name="kernels">How to load the kernels.</param>
    /// <param name="number">For a test that needs several groups.</param>
    internal static RankGroup Group(int ranks, KernelLoadOptions? kernels = null, int number = 0)
    {
        var key = (ranks, kernels?.Kind, number);
        if (!Groups.TryGetValue(key, out var group)) Groups[key] = group = RanksOfATest.Group(ranks, kernels);
        return group;
    }
}
