using Fusion.Runtime;
using Llama.Gpu;
using Llama.Model;
using Llama.Model.Reference;
using Llama.Model.Running;
using Llama.Model.Safetensors;
using Llama.Tests.Support;

namespace Llama.Tests.Gpu;

/// <summary>Whole models on emulated GPUs, which <see cref="GpuModelRunner"/> runs: bits of fused and unfused runs, and what a sequence
/// gets beside others and in chunks.</summary>
public sealed class GpuModels
{
    private static readonly int[] Text = [5, 17, 95, 3, 40, 41, 5, 88, 2, 61, 30];

    private static readonly RunnerLimits Limits = new(32, 3, 16, 24, 128);

    // The processor may have much else to do.
    private static readonly GpuRunnerOptions Patient = new() { Timeout = TimeSpan.FromMinutes(1) };

    private static readonly ModelConfig Llama = Tiny.Llama with { HeadSize = 32, EndTokens = [] };

    private static IEnumerable<TestCaseData> Models()
    {
        yield return new TestCaseData(Llama).SetArgDisplayNames("Llama");
        yield return new TestCaseData(Llama with { Type = TensorDataType.Float16, KeyValueHeads = 4 }).SetArgDisplayNames("f16");
        yield return new TestCaseData(Tiny.Qwen3 with { EndTokens = [] }).SetArgDisplayNames("Qwen3");
        yield return new TestCaseData(Tiny.Fp8 with { HeadSize = 32, EndTokens = [] }).SetArgDisplayNames("FP8");
    }

    [TestCase(1)]
    [TestCase(2, Category = "Nightly")]
    public void OfTheTinyShapeGiveTheTokensOfTheReference(int ranks)
    {
        var config = KnownShapes.Get("tiny") with { EndTokens = [] };
        using var test = new TestCheckpoint(config);
        using var reference = new ReferenceModel(test.Checkpoint, ranks);
        var expected = reference.Generate(Text[..6], 5);
        using var gpus = new EmulatedGpus(ranks);
        using var runner = GpuModelRunner.Load(test.Checkpoint, gpus.Group, Limits with { MaxTokens = 8 }, Patient);

        Assert.That(Generate(runner, Text[..6], 5), Is.EqualTo(expected));
        Assert.That(expected.Distinct().Count(), Is.GreaterThan(2), "a text that tells something");
    }

    [TestCaseSource(nameof(Models))]
    public void GiveTheLogitsOfTheReferenceWithinRoundingAndTheSameBitsFusedAndNot(ModelConfig config)
    {
        using var test = new TestCheckpoint(config);
        using var reference = new ReferenceModel(test.Checkpoint, 2);
        float[][] expected =
        [
            reference.Step([.. Text.Select((token, position) => new StepToken(0, position, token))])[^1],
            reference.Step([new(0, Text.Length, 77)])[0],
        ];
        using var gpus = new EmulatedGpus(2);
        float[][] Logits(GpuRunnerOptions options)
        {
            using var runner = GpuModelRunner.Load(test.Checkpoint, gpus.Group, Limits, options);
            Assert.That(runner.Report.After.FusedAllReduces, options.AllReduce == AllReduceKind.Fused ? Is.EqualTo((2 * config.Layers) + 1) : Is.Zero);
            return [.. runner.LogitsOf([Part(Text, 0, 3)]), .. runner.LogitsOf([Part([77], Text.Length, 3)])];
        }

        var fused = Logits(Patient);
        Assert.That(Logits(Patient with { AllReduce = AllReduceKind.Separate, Buckets = [] }), Is.EqualTo(fused), "separate kernels, and not recorded");
        for (var step = 0; step < 2; step++)
        {
            // In FP8 a number that differs in its last bit may fall on the other side of a code's boundary, and codes are 6 to 12% apart.
            var spread = Math.Sqrt(expected[step].Average(value => value * value));
            var off = Math.Sqrt(expected[step].Zip(fused[step], (a, b) => Math.Pow(a - b, 2)).Average());
            Assert.That(spread, Is.InRange(0.3, 30), "logits that tell something");
            Assert.That(off / spread, Is.LessThan(config.IsFp8 ? 0.08 : 0.012), $"step {step}");
        }
    }

    [TestCaseSource(nameof(Models))]
    public void GiveASequenceTheSameBitsWhateverIsBesideItAndHoweverItsPromptIsCut(ModelConfig config)
    {
        using var test = new TestCheckpoint(config);
        using var gpus = new EmulatedGpus(1);
        using var runner = GpuModelRunner.Load(test.Checkpoint, gpus.Group, Limits, Patient);
        var alone = runner.LogitsOf([Part(Text, 0, 0)])[0];
        var next = runner.LogitsOf([Part([9], Text.Length, 0)])[0];

        // The same prompt in two chunks, beside the prompt of another sequence and then its decode.
        Assert.That(runner.Run([Part(Text[..6], 0, 8) with { Choice = null }, Part([1, 2, 3], 0, 16)])[0], Is.EqualTo(-1));
        Assert.That(runner.LogitsOf([Part([4], 3, 16), Part(Text[6..], 6, 8)])[1], Is.EqualTo(alone), "a prompt in chunks, beside others");
        Assert.That(runner.LogitsOf([Part([50], 4, 16), Part([9], Text.Length, 8)])[1], Is.EqualTo(next), "decode beside others");
        // What decode gave is what prefill gives of the same tokens, within the rounding of its weights.
        var recomputed = runner.LogitsOf([Part([.. Text, 9], 0, 4)])[0];
        var spread = Math.Sqrt(next.Average(value => value * value));
        Assert.That(Math.Sqrt(next.Zip(recomputed, (a, b) => Math.Pow(a - b, 2)).Average()) / spread, Is.LessThan(config.IsFp8 ? 0.08 : 0.012), "recomputed");
    }

    [TestCase(1)]
    [TestCase(2)]
    public void DoTheSameWhereEachStepIsBegunBeforeTheLastOneHasEnded(int ranks)
    {
        const int Steps = 6;
        using var test = new TestCheckpoint(Llama);
        using var gpus = new EmulatedGpus(ranks);
        using var runner = GpuModelRunner.Load(test.Checkpoint, gpus.Group, Limits, Patient);

        var expected = TwoTexts.Decode(runner, Text, Steps, early: false);
        Assert.That(TwoTexts.Decode(runner, Text, Steps, early: true), Is.EqualTo(expected));
        Assert.That(expected.SelectMany(tokens => tokens).Distinct().Count(), Is.GreaterThan(3), "texts that tell something");
    }

    [Test]
    public void RefuseAStepThatCannotFollow()
    {
        using var test = new TestCheckpoint(Llama);
        using var gpus = new EmulatedGpus(1);
        using var runner = GpuModelRunner.Load(test.Checkpoint, gpus.Group, Limits, Patient);
        Assert.That(() => runner.Begin([Part([0], 1, 0) with { Follows = 0 }]), Throws.ArgumentException.With.Message.Contain("Part 0 of the step follows part 0 of the step before"));
        var random = runner.Begin([Part([5], 0, 0) with { Choice = new(1, 1, 0.5) }]);
        Assert.That(() => runner.Begin([Part([0], 1, 0) with { Follows = 0 }], random), Throws.ArgumentException.With.Message.Contain("at random"));
        Assert.That(() => runner.Begin([Part([6], 1, 0)]), Throws.InvalidOperationException.With.Message.Contain("is running"));
        Assert.That(() => runner.LogitsOf([Part([6], 1, 0)]), Throws.InvalidOperationException.With.Message.Contain("is running"));
        random.Wait();
        var first = runner.Begin([Part([5], 0, 0), Part([5], 0, 8) with { Choice = null }]);
        Assert.That(() => runner.Begin([Part([0], 1, 8) with { Follows = 1 }], first), Throws.ArgumentException.With.Message.Contain("part 1 of the step before, which chooses no token"));
        Assert.That(() => runner.Begin([Part([0, 1], 1, 0) with { Follows = 0 }], first), Throws.ArgumentException.With.Message.Contain("has 2 tokens"));
        var second = runner.Begin([Part([0], 1, 0) with { Follows = 0 }], first);
        Assert.That(() => runner.Begin([Part([0], 2, 0) with { Follows = 0 }], second), Throws.InvalidOperationException, "a third");
        Assert.That((first.Wait().Length, second.Wait().Length), Is.EqualTo((2, 1)));
        Assert.That(() => runner.Begin([Part([0], 2, 0) with { Follows = 0 }], second), Throws.ArgumentException.With.Message.Contain("has ended"));
    }

    [Test]
    public void ChooseByChanceAsTheReferencesSamplerDoes()
    {
        using var test = new TestCheckpoint(Llama);
        using var gpus = new EmulatedGpus(2);
        using var runner = GpuModelRunner.Load(test.Checkpoint, gpus.Group, Limits, Patient);
        var logits = runner.LogitsOf([Part(Text, 0, 0), Part([8, 9], 0, 8)]);
        TokenChoice[] choices = [new(1.5f, 0.9f, 0.7), TokenChoice.Greedy];

        var chosen = runner.Run([Part(Text, 0, 0) with { Choice = choices[0] }, Part([8, 9], 0, 8) with { Choice = choices[1] }]);

        Assert.That(chosen, Is.EqualTo(choices.Select((choice, i) => TokenSampler.Choose(logits[i], choice))));
        Assert.That(chosen[0], Is.Not.EqualTo(TokenSampler.Choose(logits[0], TokenChoice.Greedy)), "a choice that tells something");
    }

    [Test]
    public void GoOnAfterAStepInWhichARankDidNotCome()
    {
        using var test = new TestCheckpoint(Llama);
        using var gpus = new EmulatedGpus(2);
        using var stall = gpus.Group.Ranks[1].Allocate<Float8E4M3>(12 << 20);
        using var runner = GpuModelRunner.Load(test.Checkpoint, gpus.Group, Limits, new() { Buckets = [], Timeout = TimeSpan.FromSeconds(1) });
        var expected = Generate(runner, Text, 3);
        runner.Ops.Before = (op, rank) =>
        {
            if (rank != 1 || op != "model.layers.1.attention") return;
            runner.Ops.Before = null;
            // One block has several seconds to do on an emulated GPU, for which rank 0 does not wait.
            Kernels.FillNormalE4m3.Launch(gpus.Group.Ranks[1].Stream!, new(1, 32), stall, stall.Length, 1, 0, 1);
        };

        var failure = Assert.Catch<FusionException>(() => Generate(runner, Text, 3))!;
        Assert.That(failure.Message, Does.Contain("rank 1"));
        Assert.That(() => Generate(runner, Text, 3), Throws.InstanceOf<FusionException>(), "before it recovers");
        runner.Recover();

        Assert.That(Generate(runner, Text, 3), Is.EqualTo(expected));
    }

    [Test]
    public void WithRandomWeightsGiveTokensAndKnowTheirSizes()
    {
        using var gpus = new EmulatedGpus(2);
        using var runner = GpuModelRunner.WithRandomWeights(Llama with { IsFp8 = true, KeyValueHeads = 4 }, gpus.Group, Limits, Patient);
        var logits = runner.LogitsOf([Part(Text, 0, 0)])[0];

        Assert.That(Math.Sqrt(logits.Average(value => value * value)), Is.InRange(0.3, 30));
        Assert.That(Generate(runner, Text, 3), Has.Length.EqualTo(3).And.All.InRange(0, 95));
        Assert.That(runner.CacheBytes, Is.EqualTo(2L * 2 * 24 * 2 * 16 * 32 * 2));
        Assert.That(runner.WeightBytes, Is.EqualTo((2 * 96 / 2 * 64 * 2) + (64 * 2) + (2 * ((2 * 64 * 2) + (64 * 128 / 2 * 4) + (64 * 128 / 2 * 3) + (8 * 4)))));
    }

    [Test]
    public void RefuseWhatTheyCannotDo()
    {
        using var gpus = new EmulatedGpus(1);
        GpuModelRunner Make(ModelConfig config, RunnerLimits limits) => GpuModelRunner.WithRandomWeights(config, gpus.Group, limits);
        Assert.That(() => Make(Llama, Limits with { PageSize = 32 }), Throws.ArgumentException.With.Message.Contain("Pages are of 32 tokens"));
        Assert.That(() => Make(Llama with { HeadSize = 16 }, Limits), Throws.ArgumentException.With.Message.Contain("heads have 16 elements"));
        Assert.That(() => Make(Llama with { Intermediate = 132 }, Limits), Throws.ArgumentException.With.Message.Contain("intermediate_size over 1 ranks is 132"));
        using var runner = Make(Llama, Limits);
        Assert.That(() => runner.Run([Part([96], 0, 0)]), Throws.ArgumentException.With.Message.Contain("token 96 of a vocabulary of 96"));
        Assert.That(() => runner.Run([Part(new int[33], 0, 0)]), Throws.ArgumentException.With.Message.Contain("33 tokens; allowed are 32"));
    }

    // Pages from one on, of which neighbours are exchanged.
    private static StepPart Part(int[] tokens, int first, int firstPage) => new(
        tokens, first, [.. Enumerable.Range(0, Limits.PagesFor(first + tokens.Length)).Select(page => firstPage + (page ^ 1))], TokenChoice.Greedy);

    private static int[] Generate(GpuModelRunner runner, int[] prompt, int count)
    {
        var pages = Enumerable.Range(0, runner.Limits.PagesFor(prompt.Length + count)).Reverse().ToArray();
        List<int> made = [runner.Run([new(prompt, 0, pages, TokenChoice.Greedy)])[0]];
        while (made.Count < count) made.Add(runner.Run([new([made[^1]], prompt.Length + made.Count - 1, pages, TokenChoice.Greedy)])[0]);
        return [.. made];
    }
}
