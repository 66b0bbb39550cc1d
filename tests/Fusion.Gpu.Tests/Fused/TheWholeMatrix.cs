using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Manifest;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Fused;

/// <summary>Ranks × types × hidden sizes × tokens × strategies × epilogues, every output of every rank against the reference,
/// bit for bit.</summary>
[TestFixture(ImageKind.Cubin)]
[TestFixture(ImageKind.Ptx)]
public sealed class TheWholeMatrix(ImageKind kind) : GpuTest
{
    private static readonly AllReduceStrategy[] Strategies =
        [AllReduceStrategy.OneShot, AllReduceStrategy.TwoShot, AllReduceStrategy.Separate];

    // Stands for more tokens than all blocks of a rank work on at a time.
    private const int OverAWave = 0;

    // Hidden size, tokens, and whether every epilogue is tried.
    private static readonly (int Hidden, int Tokens, bool All)[] Shapes =
    [
        (8, 3, false), (96, 1, false), (768, 5, true), (2880, 7, false), (4096, 1, false), (4096, OverAWave, false),
        (7168, 9, false), (8192, 2, false), (12288, 3, false), (32768, 2, false),
    ];

    public static readonly ElementType[] Types = [ElementType.BFloat16, ElementType.Float16, ElementType.Float32];

    private static IEnumerable<int> Ranks => AllReduceVocabulary.WorldSizes;

    [Test]
    public void EveryRankGetsTheBitsOfTheReference(
        [ValueSource(nameof(Ranks))] int ranks, [ValueSource(nameof(Types))] ElementType type)
    {
        var calls = 0;
        // PTX goes the same way through other machine code; a part of the matrix shows that.
        foreach (var (hidden, count, all) in kind == ImageKind.Ptx ? Shapes.Where((_, i) => i % 3 == ranks % 3) : Shapes)
        {
            // Two blocks of 512 threads with the registers of these kernels fill a multiprocessor.
            var tokens = count == OverAWave ? (2 * Context.Device.MultiprocessorCount / ranks) + 7 : count;
            using var loopback = new ComparedRanks(
                ranks,
                new AllReduceOptions { HiddenSize = hidden, MaxTokens = tokens, DataType = type, Policy = AllReducePolicy.WithLimits(long.MaxValue) },
                new KernelLoadOptions { Kind = kind });
            var data = new AllReduceCase(type, ranks, hidden, tokens, seed: (ranks * 1000) + hidden + tokens);
            var first = true;
            foreach (var epilogue in all && kind == ImageKind.Cubin ? Epilogue.All(hidden) : Epilogue.Few(hidden))
            {
                foreach (var strategy in Strategies)
                {
                    var wrong = loopback.Compare(data, epilogue, strategy, upload: first);
                    if (wrong.Length > 0) Assert.Fail(wrong);
                    first = false;
                    calls++;
                }
            }
        }

        TestContext.Out.WriteLine($"{calls} calls of {ranks} ranks, {type}, from {kind}: no bit differs");
    }
}
