using Llama.Gpu;
using Llama.Model;
using Llama.Model.Reference;
using Llama.Model.Running;
using Llama.Tests.Support;

namespace Llama.Tests.Gpu;

/// <summary>Whole models on emulated GPUs, which <see cref="GpuModelRunner"/> runs.</summary>
public sealed class GpuModels
{
    private static readonly int[] Text = [5, 17, 95, 3, 40, 41, 5, 88, 2, 61, 30, 7, 9, 14, 77, 50, 33, 21, 6];

    private static readonly RunnerLimits Limits = new(48, 4, 16, 24, 128);

    [TestCase(1)]
    [TestCase(2)]
    public void OfTheTinyShapeGiveTheTokensOfTheReference(int ranks)
    {
        var config = KnownShapes.Get("tiny") with { EndTokens = [] };
        using var test = new TestCheckpoint(config);
        using var reference = new ReferenceModel(test.Checkpoint, ranks);
        var expected = reference.Generate(Text, 6);
        using var gpus = new EmulatedGpus(ranks);
        using var runner = GpuModelRunner.Load(test.Checkpoint, gpus.Group, Limits);

        Assert.That(Generate(runner, Text, 6), Is.EqualTo(expected));
        Assert.That(expected.Distinct().Count(), Is.GreaterThan(2), "a text that tells something");
    }

    internal static int[] Generate(GpuModelRunner runner, int[] prompt, int count)
    {
        var pages = Enumerable.Range(0, runner.Limits.PagesFor(prompt.Length + count)).Reverse().ToArray();
        List<int> made = [runner.Run([new(prompt, 0, pages, TokenChoice.Greedy)])[0]];
        while (made.Count < count) made.Add(runner.Run([new([made[^1]], prompt.Length + made.Count - 1, pages, TokenChoice.Greedy)])[0]);
        return [.. made];
    }
}
