using Fusion.Runtime;

namespace Fusion.Graph.Tests.Building;

/// <summary>Types and shapes that a <see cref="MatmulOp"/> refuses.</summary>
public sealed class MatmulsThatAreWrong
{
    private GraphBuilder builder = null!;

    [SetUp]
    public void Begin() => builder = new("g");

    [Test]
    public void AWeightOfAnotherDepth() => Refuses(
        () => X().Matmul(builder.Weight("w", 8, 32), name: "mm"), "w",
        "Op 'mm' (matmul): weight (%w) is bf16[8, 32]; expected is bf16[N, 64], as the input is bf16[tokens, 64]");

    [Test]
    public void AWeightOfAnotherType() => Refuses(
        () => X().Matmul(builder.Weight("w", 8, 64, ElementType.Float16), name: "mm"), "w", "is f16[8, 64]; expected is bf16[N, 64]");

    [Test]
    public void AWeightThatGrowsWithTheTokens() => Refuses(
        () => X().Matmul(builder.Input("w", 64), name: "mm"), "w", "is bf16[tokens, 64]; expected is bf16[N, 64]");

    [Test]
    public void AnInputOfFloats() => Refuses(
        () => builder.Input("x", 64, ElementType.Float32).Matmul(builder.Weight("w", 8, 64, ElementType.Float32), name: "mm"), "x",
        "is f32[tokens, 64]; expected is bf16, f16 or e4m3");

    [TestCase(ElementType.BFloat16, ElementType.Float16, "expected is bf16 or f32 for bf16")]
    [TestCase(ElementType.Float16, ElementType.BFloat16, "expected is f16 or f32 for f16")]
    [TestCase(ElementType.Float8E4M3, ElementType.Float8E4M3, "expected is bf16, f16 or f32 for e4m3")]
    public void AResultOfATypeThatIsNotThere(ElementType type, ElementType output, string text) => Refuses(
        () => builder.Input("x", 64, type).Matmul(builder.Weight("w", 16, 64, type), output: output, name: "mm"), "mm", text);

    [TestCase(24, 64, "x", "a multiple of 16 columns of e4m3")]
    [TestCase(32, 24, "w", "a multiple of 16 rows of e4m3")]
    public void SizesThatFp8DoesNotHave(int columns, int rows, string value, string text) => Refuses(
        () => builder.Input("x", columns, ElementType.Float8E4M3).Matmul(builder.Weight("w", rows, columns, ElementType.Float8E4M3), name: "mm"), value, text);

    [Test]
    public void ABiasOfAnotherSizeOrType()
    {
        Refuses(() => X().Matmul(builder.Weight("w", 8, 64), builder.Weight("b", 16), name: "mm"), "b", "bias (%b) is bf16[1, 16]; expected is bf16[1, 8]");
        Begin();
        Refuses(() => X().Matmul(builder.Weight("w", 8, 64), builder.Weight("b", 8), ElementType.Float32, name: "mm"), "b", "expected is f32[1, 8]");
    }

    [Test]
    public void ScalesOfWhatHasNone() => Refuses(
        () => X().Matmul(builder.Weight("w", 8, 64), inputScale: builder.Scalar("s"), name: "mm"), "s", "input_scale (%s) is f32[1, 1]; expected is none, but for e4m3");

    [Test]
    public void ScalesByTokenWithoutThoseByRowOfTheWeight()
    {
        var (codes, scales) = X().PerTokenFp8("q");
        Refuses(() => codes.Matmul(Fp8(), inputScale: scales, name: "mm"), null, "weight_scale is missing; expected is f32[32, 1]");
        Refuses(() => codes.Matmul(Fp8("w2"), inputScale: scales, weightScale: builder.Scalar("one"), name: "mm"), "one", "is f32[1, 1]; expected is f32[32, 1]");
    }

    [Test]
    public void ScalesByRowOfTheWeightWithoutThoseByToken() => Refuses(
        () => X().StaticFp8(builder.Scalar("s"), "q").Matmul(Fp8(), weightScale: builder.Weight("rows", 32, 1, ElementType.Float32), name: "mm"), "rows",
        "is f32[32, 1]; expected is f32[1, 1]");

    [Test]
    public void ScalesByGroup()
    {
        var (codes, scales) = X().PerGroupFp8(32, name: "q");
        Refuses(() => codes.Matmul(Fp8(), inputScale: scales, weightScale: builder.Weight("rows", 32, 1, ElementType.Float32), name: "mm"), "q.scales",
            "input_scale (%q.scales) is f32[tokens, 2]; expected is f32[tokens, 1]");
    }

    private GraphValue X() => builder.Input("x", 64);

    private GraphValue Fp8(string name = "w") => builder.Weight(name, 32, 64, ElementType.Float8E4M3);

    private static void Refuses(Func<GraphValue> add, string? value, string text) => Assert.That(add, Throws.TypeOf<GraphException>()
        .With.Property("Code").EqualTo("FUSION5001").And.Property("Op").EqualTo("mm").And.Property("Value").EqualTo(value).And.Message.Contain(text));
}
