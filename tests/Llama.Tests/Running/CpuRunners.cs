using Llama.Model.Reference;
using Llama.Model.Running;
using Llama.Model.Safetensors;
using Llama.Tests.Support;

namespace Llama.Tests.Running;

/// <summary>Steps of a <see cref="CpuModelRunner"/>.</summary>
public sealed class CpuRunners
{
    private static readonly int[] Text = [5, 17, 95, 3, 40, 41, 5];
    private static readonly RunnerLimits Limits = new(16, 4, 4, 12, 40);

    [Test]
    public void ChooseWhatTheReferenceChooses([ValueSource(typeof(Tiny), nameof(Tiny.All))] Llama.Model.ModelConfig config, [Values(1, 2)] int ranks)
    {
        using var test = new TestCheckpoint(config with { EndTokens = [] });
        using var model = new ReferenceModel(test.Checkpoint, ranks);
        using var runner = new CpuModelRunner(test.Checkpoint, Limits, ranks);
        Assert.That(Decode(runner, Text, [7, 2, 9, 0], 9), Is.EqualTo(model.Generate(Text, 9)));
    }

    [Test]
    public void ReadPagesThatAnotherSequenceHadAsTheirOwn()
    {
        using var test = new TestCheckpoint(Tiny.Llama);
        using var runner = new CpuModelRunner(test.Checkpoint, Limits);
        var first = Decode(runner, Text, [0, 1, 2, 3], 6);
        Decode(runner, [90, 91, 92, 93, 94], [3, 2, 1, 0], 6);
        Assert.That(Decode(runner, Text, [1, 3, 0, 2], 6), Is.EqualTo(first));
    }

    [Test]
    public void DoSequencesOfOneStepAsIfEachWereAlone()
    {
        using var test = new TestCheckpoint(Tiny.Llama);
        using var runner = new CpuModelRunner(test.Checkpoint, Limits, 2);
        var alone = new[] { Text, [90, 91], [1] }.Select(text => runner.Run([new(text, 0, [0, 1], TokenChoice.Greedy)])[0]).ToArray();
        var together = runner.Run([
            new(Text, 0, [4, 5], TokenChoice.Greedy), new([90, 91], 0, [6], TokenChoice.Greedy), new([1], 0, [7], null)]);
        Assert.That(together, Is.EqualTo([alone[0], alone[1], -1]));
    }

    [Test]
    public void HaveTheContextOfTheModelAtMost()
    {
        using var test = new TestCheckpoint(Tiny.Llama);
        using var runner = new CpuModelRunner(test.Checkpoint, Limits with { MaxContext = 1000 });
        Assert.That(runner.Limits.MaxContext, Is.EqualTo(Tiny.Llama.Context));
        Assert.That(() => new CpuModelRunner(test.Checkpoint, Limits with { Pages = 0 }), Throws.ArgumentException.With.Message.Contain("Pages = 0"));
        Assert.That(() => new CpuModelRunner(test.Checkpoint, Limits, 4), Throws.ArgumentException.With.Message.Contain("num_key_value_heads is 2"));
    }

    [Test]
    public void RefusePartsThatDoNotFit()
    {
        using var test = new TestCheckpoint(Tiny.Llama);
        using var runner = new CpuModelRunner(test.Checkpoint, Limits);
        StepPart part = new([1, 2], 0, [0], null);
        Refuses("The step has 0 sequences; allowed are 1 to 4");
        Refuses("The step has 5 sequences", part, part, part, part, part);
        Refuses("The step has 17 tokens; allowed are 16", part with { Tokens = new int[17], Pages = [0, 1, 2, 3, 4] });
        Refuses("Part 0 of the step has no tokens", part with { Tokens = [] });
        Refuses("Part 0 of the step begins at position -1", part with { First = -1 });
        Refuses("Part 0 of the step ends at position 41 of a context of 40 tokens", part with { First = 39 });
        Refuses("Part 0 of the step has 1 pages of 4 tokens for 5 tokens", part with { First = 3 });
        Refuses("Part 0 of the step has page 12 of a cache of 12 pages", part with { Pages = [12] });
        Refuses("Part 1 of the step has page 0, which part 0 has too", part, part);
        Refuses("Part 1 of the step has token 96 of a vocabulary of 96", part, part with { Pages = [1], Tokens = [96] });
        Refuses("Top-p is 2", part with { Choice = new(1, 2, 0) });
        Assert.That(() => runner.Run([part with { First = 1 }]), Throws.InvalidOperationException.With.Message.Contain("Position 0 of a sequence was never written to page 0"));

        void Refuses(string text, params StepPart[] parts) => Assert.That(() => runner.Run(parts), Throws.ArgumentException.With.Message.Contain(text));
    }

    [Test]
    public void ForgetTheCacheWhenTheyRecoverAndGoOn([Values(1, 2)] int ranks)
    {
        using var test = new TestCheckpoint(Tiny.Llama);
        using var runner = new CpuModelRunner(test.Checkpoint, Limits, ranks);
        var first = Decode(runner, Text, [0, 1, 2, 3], 6);
        runner.Recover();
        // It fails in the middle of the layers, in a step with another sequence.
        Assert.That(() => runner.Run([new([5, 6], 0, [5], TokenChoice.Greedy), new([3], 2, [0], TokenChoice.Greedy)]),
            Throws.InvalidOperationException.With.Message.Contain("never written to page 0"));
        runner.Recover();
        Assert.That(Decode(runner, Text, [3, 2, 1, 0], 6), Is.EqualTo(first));
    }

    [Test]
    public void NameTheSequenceWhoseLogitsAreNoNumbers()
    {
        using var folder = new TestFolder();
        Llama.Model.RandomCheckpoint.Write(folder.Path, Tiny.Llama);
        long at;
        using (var checkpoint = Llama.Model.Checkpoint.Open(folder.Path)) at = checkpoint.Find(Llama.Model.ModelTensors.Embedding).Entry.Start;
        using (var file = File.OpenWrite(folder["model.safetensors"]))
        {
            // A weight of token 9.
            file.Position = at + (9 * Tiny.Llama.Hidden * TensorDataTypes.BytesOf(Tiny.Llama.Type));
            file.Write([0xFF, 0x7F]);
        }

        using var broken = Llama.Model.Checkpoint.Open(folder.Path);
        using var runner = new CpuModelRunner(broken, Limits);
        Assert.That(() => runner.Run([new([3], 0, [0], TokenChoice.Greedy), new([4, 9], 0, [1], TokenChoice.Greedy)]),
            Throws.TypeOf<LogitsException>().With.Message.Contain("part 1 of the step, behind position 1: The logit of token 0 is NaN").And.Property("Part").EqualTo(1));
    }

    private static int[] Decode(CpuModelRunner runner, int[] text, int[] pages, int count)
    {
        // The prompt in two chunks.
        runner.Run([new(text[..3], 0, pages, null)]);
        var made = new List<int> { runner.Run([new(text[3..], 3, pages, TokenChoice.Greedy)])[0] };
        while (made.Count < count) made.Add(runner.Run([new([made[^1]], text.Length + made.Count - 1, pages, TokenChoice.Greedy)])[0]);
        return [.. made];
    }
}
