using Fusion.Graph;
using Llama.Model;
using Llama.Model.Reference;
using Llama.Tests.Support;

namespace Llama.Tests;

/// <summary>Logits of a <see cref="ReferenceModel"/>.</summary>
public sealed class ReferenceModels
{
    private static readonly int[] Text = [5, 17, 95, 3, 40, 41, 5];

    private static IEnumerable<TestCaseData> OnRanks()
    {
        foreach (var config in Tiny.All)
        {
            foreach (var ranks in new[] { 1, 2, 4 }.Where(ranks => config.KeyValueHeads % ranks == 0))
                yield return new TestCaseData(config, ranks).SetArgDisplayNames(Name(config), $"{ranks} ranks");
        }
    }

    [TestCaseSource(nameof(OnRanks))]
    public void AreTheSameBitsFusedAndNot(ModelConfig config, int ranks)
    {
        using var test = new TestCheckpoint(config);
        using var separate = new ReferenceModel(test.Checkpoint, ranks, passes: FusionPassConfig.Off);
        using var fused = new ReferenceModel(test.Checkpoint, ranks);

        Assert.That(fused.Report.After.FusedAllReduces, Is.EqualTo((2 * config.Layers) + 1).And.EqualTo(fused.Report.After.AllReduces));
        Assert.That(separate.Report.After.FusedAllReduces, Is.Zero);
        Assert.That(fused.Step(Sequence(0, Text)), Is.EqualTo(separate.Step(Sequence(0, Text))));
        Assert.That(fused.Step([new(0, Text.Length, 9)]), Is.EqualTo(separate.Step([new(0, Text.Length, 9)])), "the next token");
    }

    [TestCaseSource(nameof(OnRanks))]
    public void AreThoseOfTheFormulas(ModelConfig config, int ranks)
    {
        using var test = new TestCheckpoint(config);
        using var model = new ReferenceModel(test.Checkpoint, ranks);
        var expected = new PlainModel(test.Checkpoint).Logits(Text);

        var found = model.Step(Sequence(0, Text));

        // Activations are rounded to bf16 some ten times a layer. In FP8 a number that differs in its last bit may fall on the other side of
        // a code's boundary, and codes are 6 to 12% apart. A wrong formula would be off by the spread itself.
        var spread = Math.Sqrt(expected.SelectMany(row => row).Average(value => value * value));
        var off = Math.Sqrt(expected.SelectMany((row, token) => row.Select((value, i) => Math.Pow(value - found[token][i], 2))).Average());
        Assert.That(spread, Is.InRange(0.3, 30), "logits that tell something");
        Assert.That(off / spread, Is.LessThan(config.IsFp8 ? 0.08 : 0.012));
    }

    [TestCaseSource(typeof(Tiny), nameof(Tiny.All))]
    public void WithACacheAreThoseOfRecomputation(ModelConfig config)
    {
        using var test = new TestCheckpoint(config);
        using var model = new ReferenceModel(test.Checkpoint, 2);
        var whole = model.Step(Sequence(0, Text));
        var (first, then) = (model.Step(Sequence(1, Text)[..3]), model.Step(Sequence(1, Text)[3..5]));
        var single = Sequence(1, Text)[5..].Select(token => model.Step([token])[0]);

        Assert.That(first.Concat(then).Concat(single), Is.EqualTo(whole));
    }

    [TestCaseSource(typeof(Tiny), nameof(Tiny.All))]
    public void DoNotDependOnTheRequestsBesideThem(ModelConfig config)
    {
        using var test = new TestCheckpoint(config);
        using var model = new ReferenceModel(test.Checkpoint, 2);
        var alone = model.Step(Sequence(0, Text));
        model.Step(Sequence(7, [1, 2, 3]));
        // A decode of another request, a prefill of this one, and a prefill of a third.
        var beside = model.Step([new(7, 3, 4), .. Sequence(1, Text), .. Sequence(8, [90, 91])]);

        Assert.That(beside[1..(Text.Length + 1)], Is.EqualTo(alone));
    }

    [TestCaseSource(typeof(Tiny), nameof(Tiny.All))]
    public void GiveTheSameTokensFusedAndNot(ModelConfig config)
    {
        using var test = new TestCheckpoint(config with { EndTokens = [] });
        using var separate = new ReferenceModel(test.Checkpoint, 2, passes: FusionPassConfig.Off);
        using var fused = new ReferenceModel(test.Checkpoint, 2);

        var tokens = fused.Generate(Text, 12);
        Assert.That(tokens, Has.Length.EqualTo(12).And.All.InRange(0, config.Vocabulary - 1));
        Assert.That(separate.Generate(Text, 12), Is.EqualTo(tokens));
        Assert.That(fused.Generate(Text, 12), Is.EqualTo(tokens), "the cache was forgotten");
        // With a tied embedding, the likeliest token after one of random weights is that token.
        Assert.That(tokens.Distinct().Count(), config.IsTied ? Is.EqualTo(1) : Is.GreaterThan(1));
    }

    [Test]
    public void EndWithATokenThatEndsTheText()
    {
        using var test = new TestCheckpoint(Tiny.Llama with { EndTokens = [] });
        int[] all;
        using (var model = new ReferenceModel(test.Checkpoint)) all = model.Generate(Text, 8);
        var end = all[3];
        using var ends = new TestCheckpoint(Tiny.Llama with { EndTokens = [end] });
        using var ended = new ReferenceModel(ends.Checkpoint);
        Assert.That(ended.Generate(Text, 8), Is.EqualTo(all[..(Array.IndexOf(all, end) + 1)]));
    }

    [Test]
    public void OfTokensThatAreNotThereOrOutOfOrderAreRefused()
    {
        using var test = new TestCheckpoint(Tiny.Llama);
        using var model = new ReferenceModel(test.Checkpoint);
        Assert.That(() => model.Step([new(0, 0, 96)]), Throws.ArgumentException.With.Message.Contain("no token 96 in a vocabulary of 96"));
        Assert.That(() => model.Step([new(0, 4, 1)]), Throws.InvalidOperationException.With.Message.Contain("Sequence 0 has 0 tokens; the next one is at position 4"));
        Assert.That(() => new ReferenceModel(test.Checkpoint, 4), Throws.ArgumentException.With.Message.Contain("num_key_value_heads is 2"));
    }

    [Test]
    public void TurnFastPairsAsBeforeAndSlowOnesLessWithTheScalingOfLlama3()
    {
        var config = Tiny.Llama with { HeadSize = 128, RopeScaling = new(8, 1, 4, 8192) };
        var (scaled, plain) = (new Rope(config).Frequencies, new Rope(config with { RopeScaling = null }).Frequencies);
        Assert.That((scaled[0], plain[0]), Is.EqualTo((1.0, 1.0)));
        Assert.That(scaled[63], Is.EqualTo(plain[63] / 8));
        Assert.That(plain[63], Is.EqualTo(Math.Pow(500000, -126 / 128.0)).Within(1e-12));
        for (var i = 0; i < 64; i++) Assert.That(scaled[i], Is.InRange(plain[i] / 8, plain[i]), $"pair {i}");
        Assert.That(scaled.Where((f, i) => f < plain[i] && f > plain[i] / 8).Count(), Is.GreaterThan(2), "some lie between");
    }

    private static StepToken[] Sequence(int sequence, int[] text) => [.. text.Select((token, position) => new StepToken(sequence, position, token))];

    private static string Name(ModelConfig config) => config.IsFp8 ? "FP8" : $"{config.Kind}";
}
