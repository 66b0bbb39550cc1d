using Fusion.Runtime;
using Llama.Gpu.Ops;
using Llama.Gpu.Steps;
using Llama.Model.Running;

namespace Llama.Tests.Gpu;

/// <summary>RoPE, cache and attention on an emulated GPU, compared with plain C#.</summary>
public sealed class AttentionKernelsTests
{
    // Heads that share keys and values: alone, in pairs, a number that fills no block of its own, and more than a block takes.
    private static readonly (ElementType Type, int HeadSize, int Heads, int KeyValueHeads)[] Shapes =
    [
        (ElementType.BFloat16, 32, 4, 2), (ElementType.BFloat16, 64, 3, 1), (ElementType.BFloat16, 128, 4, 1), (ElementType.BFloat16, 128, 8, 1),
        (ElementType.Float16, 32, 12, 1), (ElementType.Float16, 64, 2, 2), (ElementType.Float16, 128, 2, 1),
    ];

    private static IEnumerable<TestCaseData> AllShapes() =>
        Shapes.Select(shape => new TestCaseData(shape.Type, shape.HeadSize, shape.Heads, shape.KeyValueHeads));

    [TestCaseSource(nameof(AllShapes))]
    public void PrefillAndDecodeAreThoseOfTheFormulas(ElementType type, int headSize, int heads, int keyValueHeads)
    {
        using var gpus = new EmulatedGpus();
        using var bench = new AttentionBench(gpus.Group, type, headSize, heads, keyValueHeads, new(160, 4, 256), 40);
        // A tile and a part of one, and a short one, in pages that are not in order.
        var (a, b) = (Part(7, 0, 75, 20), Part(8, 0, 5, 3));
        var first = bench.Step(90, isMerged: false, a, b);
        bench.Check(a, first[0], every: 9);
        bench.Check(b, first[1]);
        Assert.That(first[2], Has.Length.GreaterThan(0).And.All.Zero, "rows that pad");

        // Two of decode, one of them over two tiles, and a prefill that goes on behind what is cached.
        StepPart[] second = [Part(9, 0, 4, 30), Part(7, 75, 1, 20), Part(8, 5, 1, 3)];
        var found = bench.Step(8, isMerged: true, second);
        for (var part = 0; part < second.Length; part++) bench.Check(second[part], found[part]);
        Assert.That(found[3], Has.Length.GreaterThan(0).And.All.Zero, "rows that pad");
    }

    [TestCase(ElementType.BFloat16, 128, 4, 1, true)]
    [TestCase(ElementType.Float16, 32, 12, 1, false)]
    public void CodesAreThoseOfTheNumbers(ElementType type, int headSize, int heads, int keyValueHeads, bool isMerged)
    {
        const float Scale = 0.013f;
        using var gpus = new EmulatedGpus();
        using var bench = new AttentionBench(gpus.Group, type, headSize, heads, keyValueHeads, new(160, 4, 256), 40);
        bench.Step(75, isMerged, Part(7, 0, 70, 20));
        // A prefill, decode over two tiles and in one, and rows that pad.
        StepPart[] parts = [Part(9, 0, 4, 30), Part(7, 70, 1, 20), Part(8, 0, 1, 3)];

        var (numbers, codes) = (bench.Step(8, isMerged, parts), bench.Codes(8, isMerged, Scale, parts));

        for (var part = 0; part < codes.Length; part++)
            Assert.That(codes[part], Is.EqualTo(numbers[part].Select(bits => ((Float8E4M3)(bench.Number(bits) * (1 / Scale))).Bits)), $"part {part}");
        Assert.That(codes.SelectMany(part => part).Distinct().Count(), Is.GreaterThan(50));
    }

    [Test]
    public void ChunksOfAPromptHaveTheBitsOfTheWhole()
    {
        using var gpus = new EmulatedGpus();
        using var bench = new AttentionBench(gpus.Group, ElementType.BFloat16, 64, 2, 1, new(160, 4, 256), 40);
        var whole = bench.Step(150, false, Part(5, 0, 150, 0))[0];
        var chunks = new[] { (0, 37), (37, 64), (101, 49) }.SelectMany(chunk => bench.Step(70, false, Part(5, chunk.Item1, chunk.Item2, 12))[0]);

        Assert.That(chunks, Is.EqualTo(whole));
    }

    [Test]
    public void ASequenceHasTheSameBitsWhateverIsBesideIt()
    {
        using var gpus = new EmulatedGpus();
        using var bench = new AttentionBench(gpus.Group, ElementType.BFloat16, 32, 4, 1, new(160, 4, 256), 40);
        foreach (var (sequence, count) in new[] { (1, 130), (2, 40), (3, 66) }) bench.Step(140, false, Part(sequence, 0, count, (sequence - 1) * 10));
        var alone = bench.Step(1, false, Part(1, 130, 1, 0))[0];
        bench.Check(Part(1, 130, 1, 0), alone);
        var beside = bench.Step(4, false, Part(2, 40, 1, 10), Part(3, 66, 1, 20), Part(1, 130, 1, 0))[2];
        var mixed = bench.Step(70, false, Part(4, 0, 60, 30), Part(1, 130, 1, 0))[1];

        Assert.That(beside, Is.EqualTo(alone));
        Assert.That(mixed, Is.EqualTo(alone), "beside a prefill");
    }

    // Eight blocks, four, two and one: a step of more rows leaves room for fewer.
    [Test]
    public void DecodeHasTheSameBitsHoweverManyBlocksShareASequence()
    {
        using var gpus = new EmulatedGpus();
        using var bench = new AttentionBench(gpus.Group, ElementType.BFloat16, 64, 2, 1, new(400, 64, 768), 50);
        bench.Step(310, true, Part(1, 0, 310, 0));
        var blocks = new List<int>();
        var results = new List<ushort[]>();
        foreach (var rows in new[] { 1, 16, 32, 64 })
        {
            blocks.Add(bench.State.Attention.DecodeShape(rows, 1).Grid.X);
            var found = bench.Step(rows, true, Part(1, 310, 1, 0));
            results.Add(found[0]);
            Assert.That(found[1], Has.Length.EqualTo((rows - 1) * found[0].Length).And.All.Zero, "rows that pad");
        }

        Assert.That(blocks.Distinct(), Is.EquivalentTo(new[] { 8, 4, 2, 1 }), string.Join(", ", blocks));
        Assert.That(results, Has.All.EqualTo(results[0]));
        bench.Check(Part(1, 310, 1, 0), results[0]);
    }

    // Blocks of a cluster put their parts together.
    [Test]
    public void DecodeHasTheSameBitsInWhateverOrderBlocksRun()
    {
        var results = new List<ushort[]>();
        foreach (var seed in new int?[] { null, 1, 2, 3 })
        {
            using var gpus = new EmulatedGpus(seed: seed);
            using var bench = new AttentionBench(gpus.Group, ElementType.BFloat16, 64, 2, 1, new(200, 2, 256), 12);
            bench.Step(190, true, Part(1, 0, 190, 0));
            results.Add(bench.Step(1, true, Part(1, 190, 1, 0))[0]);
            Assert.That(bench.Step(1, true, Part(1, 190, 1, 0))[0], Is.EqualTo(results[0]), $"again, with seed {seed}");
        }

        Assert.That(results, Has.All.EqualTo(results[0]));
    }

    // Parts of several tiles.
    [Test, Category("Nightly")]
    public void LongSequencesAreThoseOfTheFormulas()
    {
        using var gpus = new EmulatedGpus();
        using var bench = new AttentionBench(gpus.Group, ElementType.BFloat16, 32, 2, 1, new(2150, 2, 2200), 138);
        var prompt = Part(3, 0, 2120, 0);
        bench.Check(prompt, bench.Step(2130, false, prompt)[0], every: 700);
        var next = Part(3, 2120, 1, 0);
        bench.Check(next, bench.Step(1, false, next)[0]);
    }

    [Test]
    public void QueriesAndKeysAreTurnedAsTheReferenceDoesToTheBit([Values(ElementType.BFloat16, ElementType.Float16)] ElementType type)
    {
        using var gpus = new EmulatedGpus();
        using var bench = new AttentionBench(gpus.Group, type, 64, 4, 2, new(40, 2, 256), 6);
        bench.State.Cache.FillBytes(0xFF);
        var part = new StepPart([.. Enumerable.Repeat(11, 20)], 30, [4, 1, 5, 3], null);
        // What is before the part in the cache.
        bench.Step(40, false, new StepPart([.. Enumerable.Repeat(11, 30)], 0, part.Pages, null));
        bench.Step(24, false, part);

        var turned = new ushort[20 * 256];
        bench.State.Turned.Slice(0, turned.Length).CopyTo(turned);
        var cache = new byte[bench.State.Cache.Length];
        bench.State.Cache.CopyTo(cache);
        var elements = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ushort>(cache).ToArray();
        const int OfRows = 6 * 2 * 16 * 64;
        for (var token = 0; token < 20; token++)
        {
            var position = 30 + token;
            Assert.That(turned[(token * 256)..][..256].Select(bench.Number), Is.EqualTo(bench.Turned(0, 11, position)), $"queries of token {token}");
            for (var head = 0; head < 2; head++)
            {
                var at = (((part.Pages[position / 16] * 2) + head) * 16 + (position % 16)) * 64;
                Assert.That(elements[(2 * OfRows + at)..][..64].Select(bench.Number), Is.EqualTo(bench.Turned(1, 11, position)[(head * 64)..][..64]), $"keys of token {token}");
                Assert.That(elements[(3 * OfRows + at)..][..64], Is.EqualTo(bench.Row(2, 11, position)[(head * 64)..][..64]), $"values of token {token}");
            }
        }

        Assert.That(cache[..(2 * OfRows * sizeof(ushort))], Has.All.EqualTo(0xFF), "the other layer");
    }

    [Test]
    public void HeadsOfOtherSizesAreRefused()
    {
        using var gpus = new EmulatedGpus();
        Assert.That(
            () => new AttentionKernels(gpus.Rank.Context!, ElementType.BFloat16, 80, 4),
            Throws.ArgumentException.With.Message.Contain("heads have 80 elements").And.Message.Contain("32, 64, 128"));
        Assert.That(
            () => new AttentionKernels(gpus.Rank.Context!, ElementType.Float32, 64, 4),
            Throws.ArgumentException.With.Message.Contain("bf16 and f16"));
    }

    // Pages from one on, of which neighbours are exchanged, so that they are not in order.
    private static StepPart Part(int sequence, int first, int count, int firstPage)
    {
        var pages = (first + count + StepLayout.PageSize - 1) / StepLayout.PageSize;
        return new([.. Enumerable.Repeat(sequence, count)], first, [.. Enumerable.Range(0, pages).Select(page => firstPage + (page ^ 1))], null);
    }
}
