using Fusion.Runtime;

namespace Fusion.Graph.Tests.Building;

public sealed class GraphsThatAreWrong
{
    private GraphBuilder builder = null!;

    [SetUp]
    public void Begin() => builder = new("g");

    [Test]
    public void AnAddOfTwoTypesNamesOpAndValue()
    {
        var x = builder.Input("x", 64);
        var other = builder.Input("other", 64, ElementType.Float16);
        Throws(() => x.Add(other, "add"), "FUSION5001", "add", "other",
            "FUSION5001: Op 'add' (residual): residual (%other) is f16[tokens, 64]; expected is bf16[tokens, 64].");
    }

    [Test]
    public void ANormWithWeightsOfAnotherSize() => Throws(
        () => builder.Input("x", 64).RmsNorm(builder.Weight("gamma", 32), 1e-5f, name: "norm"), "FUSION5001", "norm", "gamma",
        "gamma (%gamma) is bf16[1, 32]; expected is bf16[1, 64]");

    [Test]
    public void AnEpsilonBelowZero() => Throws(
        () => builder.Input("x", 64).RmsNorm(builder.Weight("gamma", 64), -1, name: "norm"), "FUSION5001", "norm", null,
        "epsilon is -1; expected is finite, 0 or greater");

    [Test]
    public void AnAllReduceOfCodes() => Throws(
        () => builder.Input("x", 64).PerTokenFp8("q").Codes.AllReduce("sum"), "FUSION5001", "sum", "q", "%q) is e4m3[tokens, 64]; expected is bf16, f16 or f32");

    [Test]
    public void AHiddenSizeThatNoKernelTakes() => Throws(
        () => builder.Input("x", 60).AllReduce("sum"), "FUSION5001", "sum", "x", "a multiple of 8 from 8 to 32768 columns");

    [Test]
    public void GroupsThatDoNotDivideTheHiddenSize() => Throws(
        () => builder.Input("x", 64).PerGroupFp8(48, name: "q"), "FUSION5001", "q", null, "GroupSize is 48");

    [Test]
    public void NvFp4OfAnOddHiddenSize() => Throws(
        () => builder.Input("x", 72).NvFp4(builder.Scalar("scale"), name: "q"), "FUSION5001", "q", null, "a multiple of 16 for NVFP4");

    [Test]
    public void AStaticScaleOfAnotherType() => Throws(
        () => builder.Input("x", 64).StaticFp8(builder.Weight("scale", 1), "q"), "FUSION5001", "q", "scale", "expected is f32[1, 1]");

    [Test]
    public void AViewWithMoreElements() => Throws(
        () => builder.Input("x", 64).View(RowCount.PerToken(2), 64, "v"), "FUSION5001", "v", "v", "as many elements of the same type as bf16[tokens, 64]");

    [Test]
    public void ASliceBeyondTheEnd() => Throws(
        () => builder.Input("x", 64).SliceColumns(32, 40, "s"), "FUSION5001", "s", "s", "from row 0 and column 32");

    [Test]
    public void ASliceOfSomeTokens() => Throws(
        () => builder.Input("x", 64).SliceRows(0, 1, "s"), "FUSION5001", "s", "s", "with all rows, whose number is not known before the run");

    [Test]
    public void ACastOfCodes() => Throws(
        () => builder.Input("x", 64).Cast(ElementType.Float8E4M3, "c"), "FUSION5001", "c", "c", "to others, quantize");

    [Test]
    public void ACustomOpThatRefuses() => Throws(
        () => builder.Input("x", 64).Call("mm", CpuMatmul.To(ElementType.BFloat16), builder.Weight("w", 8, 32)), "FUSION5001", "mm", null,
        "Op 'mm' (matmul) refuses what it would read: x is bf16[tokens, 64] and w bf16[8, 32]");

    [Test]
    public void TwoValuesOfOneName()
    {
        builder.Input("x", 64).AllReduce("a");
        builder.Output("y", builder.Input("z", 64).AllReduce("a"));
        Throws(() => builder.Build(), "FUSION5002", "a", null, "Two ops have the name 'a'");
    }

    [Test]
    public void AnOpOfTheNameOfAnInput()
    {
        builder.Output("y", builder.Input("x", 64).AllReduce("x"));
        Throws(() => builder.Build(), "FUSION5002", "x", "x", "%x is defined a second time, by op 'x' (all_reduce)");
    }

    [Test]
    public void AValueOfAnotherGraph() => Throws(
        () => builder.Input("x", 64).Add(new GraphBuilder("other").Input("y", 64)), "FUSION5002", null, "y", "%y is of another graph than 'g'");

    [Test]
    public void AValueThatIsReadBeforeItIsDefined()
    {
        GraphTensor x = new("x", new(RowCount.Tokens, 64, ElementType.BFloat16)), a = new("a", x.Type), b = new("b", x.Type);
        var first = new RowOp("first", a) { Group = "tp", AllReduceOut = b };
        var second = new RowOp("second", x) { Group = "tp", AllReduceOut = a };
        Throws(() => _ = new TensorGraph("g", [x], [], [first, second], [new("y", b)]), "FUSION5002", "first", "a",
            "Op 'first' (all_reduce) reads %a, which is not defined before it");
    }

    [Test]
    public void NoOutputs() => Throws(() => builder.Build(), "FUSION5002", null, null, "Graph 'g' has no outputs");

    [Test]
    public void TwoOutputsOfOneName()
    {
        var x = builder.Input("x", 64);
        Throws(() => builder.Output("y", x).Output("y", x).Build(), "FUSION5002", null, "x", "Two outputs have the name 'y'");
    }

    [Test]
    public void AResultWithoutItsStep()
    {
        GraphTensor x = new("x", new(RowCount.Tokens, 64, ElementType.BFloat16)), a = new("a", x.Type), b = new("b", x.Type);
        var op = new RowOp("op", x) { Group = "tp", AllReduceOut = a, NormOut = b };
        Throws(() => _ = new TensorGraph("g", [x], [], [op], [new("y", b)]), "FUSION5001", "op", "b", "norm_out (%b) is given; expected is none");
    }

    private static void Throws(Action action, string code, string? op, string? value, string words)
    {
        var e = Assert.Throws<GraphException>(() => action())!;
        Assert.That((e.Code, e.Op, e.Value), Is.EqualTo((code, op, value)));
        Assert.That(e.Message, Does.Contain(words));
    }
}
