using Fusion.CublasLt;
using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Gpu.Tests.Ranks;
using Fusion.Graph;
using Fusion.Runtime;
using Llama.Gpu;
using Llama.Model;
using Llama.Model.Reference;
using Llama.Model.Running;
using Llama.Model.Safetensors;
using Llama.Tests.Support;

namespace Fusion.Gpu.Tests.Models;

/// <summary>Models of samples/Llama on GPUs with matmuls of cuBLASLt, compared with the reference in C#. Ignored where there is no cuBLASLt
/// (<c>FUSION_CUBLASLT_PATH</c>).</summary>
public sealed class LlamaModelsOnTheGpu : GpuGroupTest
{
    private static readonly int[] Text = [.. Enumerable.Range(0, 90).Select(i => (i * 37 % 499) + 5)];

    private static readonly RunnerLimits Limits = new(128, 4, 16, 64, 256);

    private static readonly ModelConfig Shape = new()
    {
        Kind = ModelKind.Llama,
        Hidden = 1024,
        Intermediate = 2048,
        Layers = 2,
        Heads = 8,
        KeyValueHeads = 4,
        HeadSize = 128,
        Vocabulary = 1024,
        Context = 512,
        RopeBase = 500000,
        RopeScaling = new(8, 1, 4, 256),
    };

    private static readonly (string Name, ModelConfig Config)[] Models =
    [
        ("Llama", Shape), ("f16", Shape with { Type = TensorDataType.Float16, HeadSize = 64 }),
        ("Qwen3", Shape with { Kind = ModelKind.Qwen3, IsTied = true, RopeScaling = null }), ("FP8", Shape with { IsFp8 = true }),
    ];

    private static IEnumerable<TestCaseData> AllModels() =>
        from model in Models from ranks in new[] { 1, 2, 4 } select new TestCaseData(model.Config, ranks).SetArgDisplayNames(model.Name, $"{ranks} ranks");

    [TestCaseSource(nameof(AllModels))]
    public void GiveTheLogitsOfTheReferenceWithinRoundingAndTheSameBitsFusedAndNot(ModelConfig config, int ranks)
    {
        var group = OpenGpus.Group(ranks);
        IgnoreUnlessFp8Runs(config, group);
        using var test = new TestCheckpoint(config);
        using var reference = new ReferenceModel(test.Checkpoint, ranks, 128);
        float[][] expected =
        [
            reference.Step([.. Text.Select((token, position) => new StepToken(0, position, token))])[^1], reference.Step([new(0, Text.Length, 77)])[0],
        ];
        var fused = Logits(test.Checkpoint, group, new());
        Assert.That(Logits(test.Checkpoint, group, new() { AllReduce = AllReduceKind.Separate }), Is.EqualTo(fused), "separate kernels");
        for (var step = 0; step < 2; step++) MustBeNear(config, fused[step], expected[step], $"step {step}");
    }

    [TestCaseSource(nameof(AllModels))]
    public void GiveASequenceTheSameBitsWhateverIsBesideIt(ModelConfig config, int ranks)
    {
        var group = OpenGpus.Group(ranks);
        IgnoreUnlessFp8Runs(config, group);
        using var test = new TestCheckpoint(config);
        // One number of rows for decode and one for the rest, since cuBLASLt may add in another order for another number.
        using var runner = Make(test.Checkpoint, group, new() { Buckets = [Limits.MaxSequences, Limits.MaxTokens] });
        var alone = runner.LogitsOf([Part(Text, 0, 0)])[0];
        var next = runner.LogitsOf([Part([9], Text.Length, 0)])[0];
        runner.Run([Part([1, 2, 3], 0, 32)]);
        runner.Run([Part(Text[..40], 0, 16) with { Choice = null }, Part([4], 3, 32)]);

        Assert.That(runner.LogitsOf([Part(Text[40..], 40, 16), Part([5], 4, 32)])[0], Is.EqualTo(alone), "a prompt in chunks, beside a decode");
        Assert.That(runner.LogitsOf([Part([50], 5, 32), Part([9], Text.Length, 16)])[1], Is.EqualTo(next), "decode beside another");
        MustBeNear(config, next, runner.LogitsOf([Part([.. Text, 9], 0, 48)])[0], "recomputed");
    }

    [TestCaseSource(nameof(AllModels))]
    public void DoTheSameWhereEachStepIsBegunBeforeTheLastOneHasEnded(ModelConfig config, int ranks)
    {
        const int Steps = 60;
        var group = OpenGpus.Group(ranks);
        IgnoreUnlessFp8Runs(config, group);
        using var test = new TestCheckpoint(config);
        using var runner = Make(test.Checkpoint, group, new());

        var expected = TwoTexts.Decode(runner, Text, Steps, early: false);
        for (var time = 0; time < 3; time++) Assert.That(TwoTexts.Decode(runner, Text, Steps, early: true), Is.EqualTo(expected), $"time {time}");
        Assert.That(expected.SelectMany(tokens => tokens).Distinct().Count(), Is.GreaterThan(1), "texts that tell something");
    }

    [TestCaseSource(nameof(AllModels))]
    public void WithKernelsForFewRowsGiveADecodeTheSameBitsWhateverIsBesideIt(ModelConfig config, int ranks)
    {
        var group = OpenGpus.Group(ranks);
        IgnoreUnlessFp8Runs(config, group);
        using var test = new TestCheckpoint(config);
        var expected = Logits(test.Checkpoint, group, new());
        using var runner = Make(test.Checkpoint, group, new() { SkinnyRows = 16 });
        runner.Run([Part(Text, 0, 0)]);
        var alone = runner.LogitsOf([Part([77], Text.Length, 0)])[0];
        for (var other = 1; other < Limits.MaxSequences; other++) runner.Run([Part([other], 0, 16 * other)]);
        StepPart[] four = [.. Enumerable.Range(1, Limits.MaxSequences - 1).Select(other => Part([50 + other], 1, 16 * other)), Part([77], Text.Length, 0)];

        Assert.That(runner.LogitsOf(four)[^1], Is.EqualTo(alone));
        MustBeNear(config, alone, expected[1], "cuBLASLt's");
    }

    // Where the reference's two likeliest tokens are nearer than the roundings, either may be chosen; the text goes on with the reference's.
    [Test]
    public void ChooseTheTokensOfTheReference([Values(1, 2)] int ranks)
    {
        var config = KnownShapes.Get("tiny") with { EndTokens = [] };
        using var test = new TestCheckpoint(config);
        using var reference = new ReferenceModel(test.Checkpoint, ranks);
        using var runner = Make(test.Checkpoint, OpenGpus.Group(ranks), new());
        var (part, same) = (Part(Text[..19], 0, 0), 0);
        for (var step = 0; step < 24; step++)
        {
            var logits = reference.Step([.. part.Tokens.Select((token, i) => new StepToken(0, part.First + i, token))])[^1];
            var (expected, chosen) = (Array.IndexOf(logits, logits.Max()), runner.Run([part])[0]);
            var spread = MathF.Sqrt(logits.Average(value => value * value));
            Assert.That(logits[chosen], Is.GreaterThan(logits[expected] - (0.05f * spread)), $"step {step}");
            if (chosen == expected) same++;
            part = Part([expected], part.First + part.Tokens.Count, 0);
        }

        Assert.That(same, Is.GreaterThan(18), "of 24 tokens");
    }

    [Test]
    public void HaveTheBitsOfAnyNumberOfRowsWithTheGraphsOwnMatmuls()
    {
        using var test = new TestCheckpoint(Shape);
        using var recorded = Make(test.Checkpoint, OpenGpus.Group(2), new() { Matmuls = MatmulKernels.Own });
        using var eager = Make(test.Checkpoint, OpenGpus.Group(2), new() { Matmuls = MatmulKernels.Own, Buckets = [] });
        foreach (var tokens in new[] { 3, 90 })
            Assert.That(eager.LogitsOf([Part(Text[..tokens], 0, 0)])[0], Is.EqualTo(recorded.LogitsOf([Part(Text[..tokens], 0, 0)])[0]), $"{tokens} tokens");
    }

    [Test]
    public void WithNcclGiveTheLogitsWithinRounding()
    {
        if (!RanksOfATest.AreOnSeveralGpus) Assert.Ignore($"NCCL needs a GPU for each rank: {RanksOfATest.Variable} lists them");
        using var test = new TestCheckpoint(Shape);
        var group = OpenGpus.Group(2);
        var fused = Logits(test.Checkpoint, group, new());
        try
        {
            var found = Logits(test.Checkpoint, group, new() { AllReduce = AllReduceKind.Nccl });
            for (var step = 0; step < 2; step++) MustBeNear(Shape, found[step], fused[step], $"step {step}");
        }
        catch (FusionException e) when (e.Message.Contains("libnccl", StringComparison.Ordinal))
        {
            Assert.Ignore(e.Message);
        }
    }

    [Test]
    public void OfAKnownShapeDecodeWithRandomWeights()
    {
        var config = KnownShapes.Get("llama-3-8b") with { Layers = 2 };
        GpuModelRunner runner;
        try
        {
            runner = GpuModelRunner.WithRandomWeights(config, OpenGpus.Group(1), new(1024, 32, 16, 2048, 2048));
        }
        catch (CublasLtException e) when (IsMissing(e))
        {
            Assert.Ignore(e.Message);
            throw;
        }

        using (runner)
        {
            var prompts = Enumerable.Range(0, 32).Select(i => new StepPart([.. Text[..30].Select(token => token + i)], 0, [2 * i, (2 * i) + 1, 100 + i], TokenChoice.Greedy)).ToArray();
            var first = runner.Run(prompts);
            var second = runner.Run([.. prompts.Select((part, i) => part with { Tokens = [first[i]], First = 30 })]);
            Assert.That(second, Has.All.InRange(0, config.Vocabulary - 1));
            Assert.That(second.Distinct().Count(), Is.GreaterThan(4), "tokens that depend on the prompts");
        }
    }

    private static float[][] Logits(Checkpoint checkpoint, RankGroup group, GpuRunnerOptions options)
    {
        using var runner = Make(checkpoint, group, options);
        return [.. runner.LogitsOf([Part(Text, 0, 3)]), .. runner.LogitsOf([Part([77], Text.Length, 3)])];
    }

    private static GpuModelRunner Make(Checkpoint checkpoint, RankGroup group, GpuRunnerOptions options)
    {
        try
        {
            return GpuModelRunner.Load(checkpoint, group, Limits, options);
        }
        catch (CublasLtException e) when (IsMissing(e))
        {
            Assert.Ignore(e.Message);
            throw;
        }
    }

    private static bool IsMissing(CublasLtException e) =>
        e.Code == CublasLtErrorCodes.NotFound && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("FUSION_CUBLASLT_PATH"));

    private static void IgnoreUnlessFp8Runs(ModelConfig config, RankGroup group)
    {
        var device = group.Ranks[0].Context!.Device;
        if (config.IsFp8 && device.Capability is { Major: < 8 } or { Major: 8, Minor: < 9 }) Assert.Ignore($"{device} has no FP8");
    }

    // Roundings to the model's type, some ten a layer. In FP8 a number that differs in its last bit may fall on the other side of a
    // code's boundary, and codes are 6 to 12% apart.
    private static void MustBeNear(ModelConfig config, float[] found, float[] expected, string what)
    {
        var spread = Math.Sqrt(expected.Average(value => value * value));
        var off = Math.Sqrt(expected.Zip(found, (a, b) => Math.Pow(a - b, 2)).Average());
        Assert.That(spread, Is.InRange(0.3, 100), $"{what}: logits that tell something");
        Assert.That(off / spread, Is.LessThan(config.IsFp8 ? 0.08 : 0.012), what);
    }

    private static StepPart Part(int[] tokens, int first, int firstPage) => new(
        tokens, first, [.. Enumerable.Range(0, Limits.PagesFor(first + tokens.Length)).Select(page => firstPage + (page ^ 1))], TokenChoice.Greedy);
}
