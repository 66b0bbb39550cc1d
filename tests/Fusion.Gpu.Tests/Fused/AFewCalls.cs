using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Fused;

/// <summary>A small part of the matrix, for tools under which everything takes a hundred times as long:
/// <c>compute-sanitizer --tool memcheck|racecheck Fusion.Gpu.Tests --filter Category=Sanitizer</c>.</summary>
[Category("Sanitizer")]
public sealed class AFewCalls : GpuTest
{
    [Test]
    public void AreRight(
        [Values(2, 3)] int ranks, [ValueSource(typeof(TheWholeMatrix), nameof(TheWholeMatrix.Types))] ElementType type)
    {
        foreach (var (hidden, tokens) in new[] { (64, 3), (1536, 5), (8192, 2) })
        {
            using var loopback = new ComparedRanks(ranks, new AllReduceOptions
            {
                HiddenSize = hidden,
                MaxTokens = tokens,
                DataType = type,
                Timeout = TimeSpan.FromMinutes(1),
            });
            var data = new AllReduceCase(type, ranks, hidden, tokens, seed: hidden);
            foreach (var epilogue in Epilogue.Few(hidden))
            {
                foreach (var strategy in new[] { AllReduceStrategy.OneShot, AllReduceStrategy.TwoShot, AllReduceStrategy.Separate })
                    Assert.That(loopback.Compare(data, epilogue, strategy), Is.Empty);
            }
        }
    }
}
