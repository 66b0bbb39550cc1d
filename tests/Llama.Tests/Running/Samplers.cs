using FsCheck;
using Llama.Model.Running;

namespace Llama.Tests.Running;

/// <summary>What <see cref="TokenSampler"/> chooses.</summary>
public sealed class Samplers
{
    [TestCase(new[] { 1f, 3, 2 }, 1)]
    [TestCase(new[] { 1f, 3, 3, 3 }, 1, Description = "the lowest of equal ones")]
    [TestCase(new[] { float.NegativeInfinity, -5, -5 }, 1)]
    [TestCase(new[] { -0f, 0f }, 0)]
    public void WithoutTemperatureTakeTheLikeliest(float[] logits, int token) =>
        Assert.That(TokenSampler.Choose(logits, TokenChoice.Greedy), Is.EqualTo(token));

    [Test]
    public void TakeEachTokenAsOftenAsItsProbabilitySays([Values(0.5f, 1f, 2f)] float temperature)
    {
        float[] logits = [0.5f, -1, 2, 0, float.NegativeInfinity];
        var weights = logits.Select(logit => Math.Exp(logit / (double)temperature)).ToArray();
        const int Points = 10000;
        var counts = new int[logits.Length];
        for (var i = 0; i < Points; i++) counts[TokenSampler.Choose(logits, new(temperature, 1, (i + 0.5) / Points))]++;
        for (var token = 0; token < logits.Length; token++)
            Assert.That(counts[token], Is.EqualTo(Points * weights[token] / weights.Sum()).Within(1), $"token {token}");
    }

    // Probabilities 0.1, 0.4, 0.2, 0.3.
    [TestCase(0.39f, new[] { 1 })]
    [TestCase(0.41f, new[] { 1, 3 })]
    [TestCase(0.69f, new[] { 1, 3 })]
    [TestCase(0.71f, new[] { 1, 2, 3 })]
    [TestCase(0.91f, new[] { 0, 1, 2, 3 })]
    [TestCase(1f, new[] { 0, 1, 2, 3 })]
    [TestCase(1e-9f, new[] { 1 })]
    public void WithTopPTakeTheLikeliestThatSumToIt(float topP, int[] kept)
    {
        double[] probabilities = [0.1, 0.4, 0.2, 0.3];
        var logits = probabilities.Select(p => (float)Math.Log(p)).ToArray();
        const int Points = 1000;
        var counts = new int[4];
        for (var i = 0; i < Points; i++) counts[TokenSampler.Choose(logits, new(1, topP, (i + 0.5) / Points))]++;
        var all = kept.Sum(token => probabilities[token]);
        for (var token = 0; token < 4; token++)
            Assert.That(counts[token], Is.EqualTo(kept.Contains(token) ? Points * probabilities[token] / all : 0).Within(1), $"token {token}");
    }

    [Test]
    public void WithTopPTakeTheLowestOfEqualOnes() =>
        Assert.That(Enumerable.Range(0, 100).Select(i => TokenSampler.Choose([1, 1, 1, 1], new(1, 0.5f, i / 100.0))).Distinct(), Is.EqualTo([0, 1]));

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public void AgreeWithASortOfTheWholeVocabulary(NormalFloat[] numbers, byte temperature, byte topP, byte random)
    {
        var logits = numbers.Select(number => (float)(number.Get % 20)).Append(0.25f).ToArray();
        var choice = new TokenChoice(0.1f + (temperature / 64f), (topP + 1) / 256f, random / 256.0);
        var weights = logits.Select(logit => Math.Exp(((double)logit - logits.Max()) / choice.Temperature)).ToArray();
        var kept = new List<int>();
        foreach (var token in Enumerable.Range(0, logits.Length).OrderByDescending(token => weights[token]).ThenBy(token => token))
        {
            if (kept.Sum(one => weights[one]) >= choice.TopP * weights.Sum()) break;
            kept.Add(token);
        }

        var chosen = TokenSampler.Choose(logits, choice);
        Assert.That(kept, Does.Contain(chosen));
        var (below, all) = (kept.Where(token => token < chosen).Sum(token => weights[token]), kept.Sum(token => weights[token]));
        Assert.That(choice.Random * all, Is.InRange(below - (1e-9 * all), below + weights[chosen] + (1e-9 * all)));
    }

    [Test]
    public void RefuseLogitsThatAreNoNumbers()
    {
        Assert.That(() => TokenSampler.Choose([1, float.NaN, 2], TokenChoice.Greedy), Throws.TypeOf<ArithmeticException>().With.Message.Contain("token 1 is NaN"));
        Assert.That(() => TokenSampler.Choose([1, float.PositiveInfinity], new(1, 1, 0)), Throws.TypeOf<ArithmeticException>().With.Message.Contain("of token 1"));
        Assert.That(() => TokenSampler.Choose([float.NegativeInfinity], TokenChoice.Greedy), Throws.TypeOf<ArithmeticException>());
        Assert.That(() => TokenSampler.Choose([], TokenChoice.Greedy), Throws.ArgumentException);
    }

    [TestCase(-1f, 1f, 0, "The temperature is -1")]
    [TestCase(float.NaN, 1f, 0, "The temperature is NaN")]
    [TestCase(1f, 0f, 0, "Top-p is 0")]
    [TestCase(1f, 1.5f, 0, "Top-p is 1.5")]
    [TestCase(1f, 1f, 1, "The random number is 1")]
    public void RefuseChoicesOutOfRange(float temperature, float topP, double random, string text) =>
        Assert.That(() => TokenSampler.Choose([1], new(temperature, topP, random)), Throws.ArgumentException.With.Message.Contain(text));
}
