using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Fused;

/// <summary>Inputs that break careless kernels: special values, cancellation, rows of one value, rows of nothing.</summary>
public sealed class AdversarialInputs : GpuTest
{
    private const int Hidden = 2048;
    private const int Tokens = 9;
    private const int Ranks = 4;

    public static readonly TestCaseData[] Kinds =
    [
        Kind("NaN, infinities, zeros of both signs and subnormals", random => (random.Next(12)) switch
        {
            0 => float.NaN,
            1 => float.PositiveInfinity,
            2 => float.NegativeInfinity,
            3 => -0.0f,
            4 => 0.0f,
            5 => float.Epsilon * random.Next(1, 1 << 20),
            6 => 6e-8f,
            7 => float.MaxValue,
            _ => (random.NextSingle() * 2) - 1,
        }),
        Kind("-0 alone", _ => -0.0f),
        Kind("+0 alone", _ => 0.0f),
        Kind("one value alone", _ => 0.7f),
        Kind("NaN alone", _ => float.NaN),
        Kind("the largest numbers", random => random.Next(2) == 0 ? 60000 : -60000),
        Kind("2^24, 1 and -2^24", random => random.Next(3) switch { 0 => 16777216, 1 => 1, _ => -16777216 }),
        Kind("subnormals alone", random => float.Epsilon * random.Next(-1000, 1000)),
    ];

    [TestCaseSource(nameof(Kinds))]
    public void TheBitsAreThoseOfTheReference(string name, Func<Random, float> number)
    {
        foreach (var type in TheWholeMatrix.Types)
        {
            var data = new AllReduceCase(type, Ranks, Hidden, Tokens, seed: 5, (random, count) =>
                [.. Enumerable.Range(0, count).Select(_ => number(random))]);
            using var loopback = new ComparedRanks(
                Ranks, new AllReduceOptions { HiddenSize = Hidden, MaxTokens = Tokens, DataType = type });
            // Every epilogue sees every special value; the single ones show in each quantization.
            foreach (var epilogue in name == Kinds[0].Arguments[0] as string ? Epilogue.All(Hidden) : Epilogue.Few(Hidden))
            {
                foreach (var strategy in new[] { AllReduceStrategy.OneShot, AllReduceStrategy.TwoShot })
                    Assert.That(loopback.Compare(data, epilogue, strategy), Is.Empty, name);
            }
        }
    }

    [Test]
    public void WordsThatLookLikeNothingSentYetArrive()
    {
        // 0xFFFF is a NaN of bf16 and f16, and two of them are the marker of an empty slot.
        foreach (var type in TheWholeMatrix.Types)
        {
            var data = new AllReduceCase(type, Ranks, Hidden, Tokens, seed: 6);
            foreach (var input in data.Inputs) input.AsSpan(0, input.Length / 2).Fill(0xFF);
            data = data.WithSumOfInputs();
            using var loopback = new ComparedRanks(
                Ranks, new AllReduceOptions { HiddenSize = Hidden, MaxTokens = Tokens, DataType = type });
            foreach (var strategy in new[] { AllReduceStrategy.OneShot, AllReduceStrategy.TwoShot })
                Assert.That(loopback.Compare(data, Epilogue.Plain, strategy), Is.Empty);
        }
    }

    private static TestCaseData Kind(string name, Func<Random, float> number) =>
        new TestCaseData(name, number).SetArgDisplayNames(name);
}
