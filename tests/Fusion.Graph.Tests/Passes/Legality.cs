using Fusion.Graph.Tests.Support;
using Fusion.Runtime;

namespace Fusion.Graph.Tests.Passes;

public sealed class Legality
{
    private static readonly CustomOp Negate = new("negate", types => [types[0]], RandomGraphs.Negate);

    [Test]
    public void ASumThatAResidualIsMadeOfIsNotFusedWithItsAdd()
    {
        var builder = new GraphBuilder("g");
        var sum = builder.Input("x", 64).AllReduce("sum");
        var graph = builder.Output("y", sum.Add(sum.Call("made", Negate).Add(sum, "twice"), "add")).Build();

        var report = GraphRuns.MustBeEqual(graph);

        Assert.That(report.After.FusedAllReduces, Is.Zero);
        var misses = report.NearMisses.Where(miss => miss.First == "sum").ToArray();
        Assert.That(misses.Select(miss => (miss.Kind, miss.Then)),
            Is.EquivalentTo(new[] { (NearMissKind.Order, "twice"), (NearMissKind.Order, "add") }));
        Assert.That(misses.Single(miss => miss.Then == "twice").Message, Does.Contain("depends on 'sum' by way of 'made'"));
    }

    [Test]
    public void ASumAddedToItselfStaysTwoOps()
    {
        var builder = new GraphBuilder("g");
        var sum = builder.Input("x", 64).AllReduce("sum");
        var report = GraphRuns.MustBeEqual(builder.Output("y", sum.Add(sum, "twice")).Build());

        Assert.That(report.After.FusedAllReduces, Is.Zero);
        Assert.That(report.NearMisses.Single().Message, Does.Contain("'twice' also reads %sum of 'sum' as its residual"));
    }

    [Test]
    public void AScaleThatIsMadeFromTheNormStopsTheQuantization()
    {
        var builder = new GraphBuilder("g");
        var norm = builder.Input("x", 64).AllReduce("sum").RmsNorm(builder.Weight("gamma", 64), 1e-5f, name: "norm");
        var scale = norm.Call("scale", new CustomOp("one", _ => [new(RowCount.Of(1), 1, ElementType.Float32)], RandomGraphs.One));
        var report = GraphRuns.MustBeEqual(builder.Output("q", norm.StaticFp8(scale, "quant")).Build());

        Assert.That(report.After.Ops.Select(op => op.Mnemonic), Is.EqualTo(["all_reduce+rmsnorm", "one", "fp8"]));
        Assert.That(report.NearMisses.Single(miss => miss.First == "sum").Message, Does.Contain("depends on 'sum' by way of 'scale'"));
    }

    [Test]
    public void OpsThatDependOnTheSumAreDoneAfterTheFusedOne()
    {
        var builder = new GraphBuilder("g");
        var sum = builder.Input("x", 64).AllReduce("sum");
        var other = sum.Call("other", Negate);
        var apart = builder.Input("z", 64).Call("apart", Negate);
        var added = sum.Add(apart, "add");
        var report = GraphRuns.MustBeEqual(builder.Output("y", added).Output("other", other).Build());

        Assert.That(report.After.Ops.Select(op => op.Name), Is.EqualTo(["apart", "sum", "other"]));
        Assert.That(((RowOp)report.After.Ops[1]).AllReduceOut, Is.Not.Null, "another op reads the sum");
    }

    [Test]
    public void SumsOverTwoGroupsDoNotMix()
    {
        var builder = new GraphBuilder("g");
        var a = builder.Input("a", 64).AllReduce("a_sum");
        var b = builder.Input("b", 64).AllReduce("b_sum", "ep");
        var norm = a.Add(b, "add").RmsNorm(builder.Weight("gamma", 64), 1e-5f, name: "norm");
        var report = GraphRuns.MustBeEqual(builder.Output("y", norm).Build());

        var ops = report.After.Ops.OfType<RowOp>().ToDictionary(op => op.Name);
        Assert.That(ops.Keys, Is.EqualTo(["b_sum", "a_sum"]));
        Assert.That((ops["a_sum"].Group, ops["a_sum"].Steps), Is.EqualTo(("tp", RowSteps.AllReduce | RowSteps.Add | RowSteps.Norm)));
        Assert.That((ops["b_sum"].Group, ops["b_sum"].Steps), Is.EqualTo(("ep", RowSteps.AllReduce)));
    }

    [Test]
    public void ASumOfASumStaysTwo()
    {
        var builder = new GraphBuilder("g");
        var sum = builder.Input("a", 64).AllReduce().AllReduce(group: "ep");
        var report = GraphRuns.MustBeEqual(builder.Output("y", sum).Build());
        Assert.That(report.After.AllReduces, Is.EqualTo(2));
    }

    [Test]
    public void OfTwoNormsWithOtherEpsilonsOneIsFusedAndTheOtherNamed()
    {
        var builder = new GraphBuilder("g");
        var gamma = builder.Weight("gamma", 64);
        var sum = builder.Input("x", 64).AllReduce("sum");
        builder.Output("a", sum.RmsNorm(gamma, 1e-5f, name: "first")).Output("b", sum.RmsNorm(gamma, 0.5f, name: "second"));
        var report = GraphRuns.MustBeEqual(builder.Build());

        Assert.That(report.After.Ops.OfType<RowOp>().Select(op => op.Norm!.Value.Epsilon), Is.EqualTo([1e-5f, 0.5f]));
        var miss = report.NearMisses.Single();
        Assert.That((miss.Kind, miss.First, miss.Then, miss.IsWarning), Is.EqualTo((NearMissKind.SecondUse, "sum", "second", false)));
        Assert.That(miss.Message, Does.Contain("%sum is used twice"));
    }

    [Test]
    public void ACastToAnotherTypeStopsTheMatchAndIsNamed()
    {
        var builder = new GraphBuilder("g");
        var sum = builder.Input("x", 64).AllReduce("sum").Cast(ElementType.Float32, "widen");
        var norm = sum.RmsNorm(builder.Weight("gamma", 64, ElementType.Float32), 1e-5f, name: "norm");
        var report = GraphRuns.MustBeEqual(builder.Output("y", norm).Build());

        Assert.That(report.After.FusedAllReduces, Is.Zero);
        var miss = report.NearMisses.Single();
        Assert.That(miss.Kind, Is.EqualTo(NearMissKind.Cast));
        Assert.That(miss.Message, Does.Contain("cast 'widen' between them makes f32[tokens, 64] of bf16[tokens, 64]"));
    }

    [Test]
    public void ASliceStopsTheMatchAndIsNamed()
    {
        var builder = new GraphBuilder("g");
        var half = builder.Input("x", 64).AllReduce("sum").SliceColumns(8, 32, "half");
        var report = GraphRuns.MustBeEqual(builder.Output("y", half.RmsNorm(builder.Weight("gamma", 32), 1e-5f, name: "norm")).Build());

        Assert.That(report.NearMisses.Single().Kind, Is.EqualTo(NearMissKind.Shape));
        Assert.That(report.NearMisses.Single().Message, Does.Contain("slice 'half' between them makes bf16[tokens, 32]"));
    }

    [Test]
    public void TheSumMayBeWhatIsAdded()
    {
        var builder = new GraphBuilder("g");
        var added = builder.Input("residual", 64).Add(builder.Input("x", 64).AllReduce("sum"), "add");
        var report = GraphRuns.MustBeEqual(builder.Output("y", added).Build());
        Assert.That(report.After.Ops.Single().Mnemonic, Is.EqualTo("all_reduce+residual"));
        Assert.That(((RowOp)report.After.Ops[0]).Residual?.Name, Is.EqualTo("residual"));
    }
}
