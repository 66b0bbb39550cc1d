using Fusion.Gpu.Tests.Ranks;
using Fusion.Runtime;
using Llama.Gpu.Steps;
using Llama.Model.Running;
using Llama.Tests.Gpu;

namespace Fusion.Gpu.Tests.Models;

/// <summary>RoPE, cache and attention of samples/Llama on a GPU, compared with plain C#: what <c>Llama.Tests</c> does on the emulator, with
/// the sizes of models.</summary>
public sealed class LlamaAttentionOnTheGpu : GpuGroupTest
{
    // A rank's heads of Llama 3 8B on 1, 2 and 4 GPUs, of Qwen3 32B on 4, of a model without groups, and odd ones.
    private static readonly (ElementType Type, int HeadSize, int Heads, int KeyValueHeads)[] Shapes =
    [
        (ElementType.BFloat16, 128, 32, 8), (ElementType.BFloat16, 128, 16, 4), (ElementType.BFloat16, 128, 8, 2), (ElementType.BFloat16, 128, 16, 2),
        (ElementType.Float16, 64, 4, 4), (ElementType.Float16, 128, 12, 1), (ElementType.BFloat16, 64, 3, 1), (ElementType.BFloat16, 32, 8, 4),
    ];

    private static readonly StepLayout Layout = new(800, 4, 8192);

    private static IEnumerable<TestCaseData> AllShapes() =>
        Shapes.Select(shape => new TestCaseData(shape.Type, shape.HeadSize, shape.Heads, shape.KeyValueHeads));

    [TestCaseSource(nameof(AllShapes))]
    public void IsThatOfTheFormulas(ElementType type, int headSize, int heads, int keyValueHeads)
    {
        using var bench = new AttentionBench(OpenGpus.Group(1), type, headSize, heads, keyValueHeads, Layout, 300);
        StepPart[] first = [Part(7, 0, 550, 100), Part(8, 0, 70, 10)];
        var prompts = bench.Step(640, isMerged: true, first);
        bench.Check(first[0], prompts[0], every: 61);
        bench.Check(first[1], prompts[1], every: 23);
        Assert.That(prompts[2], Has.Length.GreaterThan(0).And.All.Zero, "rows that pad");

        StepPart[] second = [Part(9, 0, 33, 50), Part(7, 550, 1, 100), Part(8, 70, 1, 10)];
        var next = bench.Step(40, isMerged: false, second);
        for (var part = 0; part < second.Length; part++) bench.Check(second[part], next[part], every: 8);
    }

    [Test]
    public void OfLongSequencesIsThatOfTheFormulas()
    {
        using var bench = new AttentionBench(OpenGpus.Group(1), ElementType.BFloat16, 128, 4, 1, Layout, 400);
        for (var at = 0; at < 5600; at += 700) bench.Check(Part(3, at, 700, 0), bench.Step(710, true, Part(3, at, 700, 0))[0], every: 350);
        bench.Check(Part(3, 5600, 1, 0), bench.Step(1, true, Part(3, 5600, 1, 0))[0]);
    }

    [Test]
    public void HasTheSameBitsInChunksAndBesideOthers()
    {
        using var bench = new AttentionBench(OpenGpus.Group(1), ElementType.BFloat16, 128, 8, 2, Layout, 400);
        var whole = bench.Step(700, true, Part(5, 0, 700, 0))[0];
        var chunks = new[] { (0, 190), (190, 64), (254, 446) }.SelectMany(chunk => bench.Step(500, true, Part(5, chunk.Item1, chunk.Item2, 60))[0]);
        Assert.That(chunks, Is.EqualTo(whole));

        bench.Step(310, true, Part(2, 0, 300, 120));
        var alone = bench.Step(1, true, Part(5, 700, 1, 0))[0];
        Assert.That(bench.Step(4, true, Part(2, 300, 1, 120), Part(5, 700, 1, 0))[1], Is.EqualTo(alone));
        Assert.That(bench.Step(300, true, Part(4, 0, 280, 200), Part(5, 700, 1, 0))[1], Is.EqualTo(alone), "beside a prefill");
        for (var round = 0; round < 50; round++) Assert.That(bench.Step(1, true, Part(5, 700, 1, 0))[0], Is.EqualTo(alone), $"round {round}");
    }

    [Test]
    public void HasTheSameBitsHoweverManyBlocksShareASequence()
    {
        using var bench = new AttentionBench(OpenGpus.Group(1), ElementType.BFloat16, 128, 8, 1, new(700, 300, 768), 50);
        bench.Step(690, true, Part(1, 0, 690, 0));
        int[] rows = [1, 40, 80, 150, 300];
        var results = rows.Select(count => bench.Step(count, true, Part(1, 690, 1, 0))[0]).ToArray();

        Assert.That(rows.Select(count => bench.State.Attention.DecodeShape(count, 1).Grid.X).Distinct().Count(), Is.GreaterThan(1));
        Assert.That(results, Has.All.EqualTo(results[0]));
        bench.Check(Part(1, 690, 1, 0), results[0]);
    }

    // Pages from one on, of which neighbours are exchanged.
    private static StepPart Part(int sequence, int first, int count, int firstPage) => new(
        [.. Enumerable.Repeat(sequence, count)], first,
        [.. Enumerable.Range(0, (first + count + StepLayout.PageSize - 1) / StepLayout.PageSize).Select(page => firstPage + (page ^ 1))], null);
}
