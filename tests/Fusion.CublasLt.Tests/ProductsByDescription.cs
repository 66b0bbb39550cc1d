using Fusion.CublasLt.Tests.Support;
using Fusion.Gpu.Tests.CublasLt;
using Fusion.Runtime;

namespace Fusion.CublasLt.Tests;

/// <summary>What a library that does as it is told (<see cref="Multiplication"/>) makes of the descriptions that <see cref="Matmul"/>
/// gives it: transposes, sizes, types, kinds and places of scales, bias. The numbers are those that a GPU's are compared with.</summary>
public sealed class ProductsByDescription : MatmulTest
{
    [TestCase(ElementType.BFloat16, ElementType.BFloat16)]
    [TestCase(ElementType.BFloat16, ElementType.Float32)]
    [TestCase(ElementType.Float16, ElementType.Float16)]
    [TestCase(ElementType.Float16, ElementType.Float32)]
    [TestCase(ElementType.Float8E4M3, ElementType.BFloat16)]
    [TestCase(ElementType.Float8E4M3, ElementType.Float16)]
    [TestCase(ElementType.Float8E4M3, ElementType.Float32)]
    public void AreRightInAllTypes(ElementType type, ElementType output)
    {
        var matmul = Make();
        foreach (var (tokens, columns, depth, hasBias) in new[] { (1, 16, 16, false), (3, 48, 80, true), (17, 32, 64, true) })
        {
            using var reference = new MatmulReference(Context, tokens, columns, depth, type, output, hasBias, alpha: hasBias ? 0.75f : 1);
            reference.ClearOutput();
            matmul.Launch(Stream, reference.Call);
            Multiplication.Do(FakeCublasLt.Last);
            reference.Check($"[{tokens}, {columns}, {depth}]");
        }
    }

    [TestCase(MatmulScaling.Row, 5, 48, 80)]
    [TestCase(MatmulScaling.Block128, 5, 256, 384)]
    [TestCase(MatmulScaling.Block128, 3, 144, 640)]
    public void AreRightWithScalesByRowAndByBlock(MatmulScaling scaling, int tokens, int columns, int depth)
    {
        using var reference = new MatmulReference(Context, tokens, columns, depth, ElementType.Float8E4M3, ElementType.Float32, scaling: scaling);
        Make().Launch(Stream, reference.Call);
        Multiplication.Do(FakeCublasLt.Last);
        reference.Check($"{scaling}");
    }

    [Test]
    public void OfPreparedCallsAreThoseOfTheirOwnTensors()
    {
        var matmul = Make();
        using var one = new MatmulReference(Context, 3, 32, 64, ElementType.BFloat16, ElementType.BFloat16, hasBias: true, seed: 1);
        using var other = new MatmulReference(Context, 3, 32, 64, ElementType.BFloat16, ElementType.BFloat16, hasBias: true, seed: 2);
        using var prepared = matmul.Prepare(one.Call);
        foreach (var reference in new[] { one, other, one })
        {
            reference.ClearOutput();
            if (reference == one) prepared.Launch(Stream);
            else matmul.Launch(Stream, reference.Call);
            Multiplication.Do(FakeCublasLt.Last);
            reference.Check("a call between others");
        }
    }
}
