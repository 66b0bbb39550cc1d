using Fusion.Graph.Tests.Support;

namespace Fusion.Graph.Tests.Execution;

public sealed class MemoryOfGraphs
{
    private static readonly CustomOp Negate = new("negate", types => [types[0]], RandomGraphs.Negate);

    [Test]
    public void AChainNeedsTwoPlacesHoweverLongItIs()
    {
        var builder = new GraphBuilder("g");
        var value = builder.Input("x", 128);
        for (var i = 0; i < 10; i++) value = value.Call(Negate);
        var plan = MemoryPlan.Of(builder.Output("y", value).Build(), 16);

        Assert.That(plan.SharedBytes, Is.EqualTo(2 * 16 * 128 * 2));
        Assert.That(plan.BytesWithoutReuse, Is.EqualTo(9 * 16 * 128 * 2), "the last is an output");
        Assert.That(plan.OwnBytes, Is.EqualTo(2 * 16 * 128 * 2), "the input and the output");
    }

    [Test]
    public void AResidualIsReplacedInPlaceWhereItIsReadTheLastTime()
    {
        var (plan, residual, sum) = Residuals(residualIsReadLater: false);
        Assert.That(plan[sum].Storage, Is.SameAs(plan[residual].Storage));
    }

    [Test]
    public void AResidualThatIsReadLaterIsNot()
    {
        var (plan, residual, sum) = Residuals(residualIsReadLater: true);
        Assert.That(plan[sum].Storage, Is.Not.SameAs(plan[residual].Storage));
    }

    [Test]
    public void AViewKeepsWhatItShowsAlive()
    {
        var builder = new GraphBuilder("g");
        var first = builder.Input("x", 64).Call("first", Negate);
        var view = first.View(RowCount.PerToken(2), 32, "view");
        var other = first.Call("other", Negate).Call("another", Negate);
        var graph = builder.Output("y", view.Call("last", Negate)).Output("z", other.Call("end", Negate)).Build();
        var plan = MemoryPlan.Of(graph, 16);
        var (shown, another) = (plan[first.Tensor].Storage, plan[other.Tensor].Storage);

        Assert.That(plan[view.Tensor].Storage, Is.SameAs(shown));
        Assert.That(shown.IsAliveWith(another) && shown.Offset == another.Offset, Is.False);
    }

    [TestCase(true)]
    [TestCase(false)]
    public void WhatAMatmulReadsOutlivesAnOpThatDoesBoth(bool doesBoth)
    {
        var op = doesBoth ? Negate with { LaunchWithMatmul = (_, _) => true } : Negate;
        var builder = new GraphBuilder("g");
        var x = builder.Input("x", 64).Call("first", Negate);
        var result = x.Matmul(builder.Weight("w", 64, 64)).Call("both", op);
        var plan = MemoryPlan.Of(builder.Output("y", result.Call("last", Negate)).Build(), 16);
        var (read, written) = (plan[x.Tensor].Storage, plan[result.Tensor].Storage);

        Assert.That(read.IsAliveWith(written), Is.EqualTo(doesBoth));
        Assert.That(read.Offset == written.Offset, Is.EqualTo(!doesBoth));
    }

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public void ValuesThatLiveAtTheSameTimeAreApart(int seed, byte size)
    {
        var graph = RandomGraphs.Build(seed, 2 + (size % 60)).Fuse().After;
        var plan = MemoryPlan.Of(graph, 7);
        var storages = graph.Ops.SelectMany(op => op.Outputs).Select(output => plan[output.Tensor].Storage)
            .Where(storage => storage.Kind == StorageKind.Shared).Distinct().ToArray();
        foreach (var a in storages)
        {
            Assert.That(a.Offset + a.Bytes, Is.LessThanOrEqualTo(plan.SharedBytes));
            foreach (var b in storages.Where(b => b != a && a.IsAliveWith(b)))
                Assert.That(a.Offset + a.Bytes <= b.Offset || b.Offset + b.Bytes <= a.Offset, $"{a.Name} and {b.Name}");
        }
    }

    private static (MemoryPlan Plan, GraphTensor Residual, GraphTensor Sum) Residuals(bool residualIsReadLater)
    {
        var builder = new GraphBuilder("g");
        var residual = builder.Input("r", 64).Call("residual", Negate);
        var sum = builder.Input("x", 64).AllReduce().Add(residual, "add");
        var later = residualIsReadLater ? residual : sum;
        var graph = builder.Output("y", sum.Call(Negate)).Output("z", later.Call("later", Negate)).Build();
        var plan = MemoryPlan.Of(graph.Fuse().After, 4);
        return (plan, residual.Tensor, sum.Tensor);
    }
}
