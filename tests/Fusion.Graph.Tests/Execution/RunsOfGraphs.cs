using Fusion.Graph.Tests.Support;
using Fusion.Runtime;

namespace Fusion.Graph.Tests.Execution;

public sealed class RunsOfGraphs
{
    private RankGroup group = null!;

    [SetUp]
    public void MakeAGroup() => group = RankGroup.OnCpu(2);

    [TearDown]
    public void LetItGo() => group.Dispose();

    [Test]
    public void GiveResultsByNameAgainAndAgain()
    {
        var builder = new GraphBuilder("g");
        var sum = builder.Input("x", 8, ElementType.Float32).AllReduce();
        var graph = builder.Output("sum", sum).Output("twice", sum.Add(builder.Input("r", 8, ElementType.Float32))).Build();
        using var compiled = graph.Compile(group, new() { MaxTokens = 2 });

        for (var round = 1; round <= 3; round++)
        {
            for (var rank = 0; rank < 2; rank++)
            {
                compiled.SetInput<float>(rank, "x", Enumerable.Repeat((float)(round * (rank + 1)), 16).ToArray());
                compiled.SetInput<float>(rank, "r", Enumerable.Repeat(100f, 16).ToArray());
            }

            var run = compiled.Run(2);
            Assert.That(run.Read<float>(1, "sum"), Is.EqualTo(Enumerable.Repeat(3f * round, 16)));
            Assert.That(run.Read<float>(0, "twice"), Is.EqualTo(Enumerable.Repeat(100 + (3f * round), 16)));
            Assert.That(run.Bucket, Is.Null, "the CPU records nothing");
        }
    }

    [Test]
    public void GiveSomeRowsOfAResult()
    {
        var builder = new GraphBuilder("g");
        builder.Output("sum", builder.Input("x", 8, ElementType.Float32).AllReduce());
        using var compiled = builder.Build().Compile(group, new() { MaxTokens = 4 });
        for (var rank = 0; rank < 2; rank++) compiled.SetInput<float>(rank, "x", [.. Enumerable.Range(0, 32).Select(i => (float)i)]);

        var run = compiled.Run(4);

        Assert.That(run.ReadRows<float>(1, "sum", 1, 2), Is.EqualTo(Enumerable.Range(8, 16).Select(i => 2f * i)));
        Assert.That(run.ReadRows<byte>(0, "sum", 4, 0), Is.Empty);
        Assert.That(
            () => run.ReadRows<float>(0, "sum", 3, 2),
            Throws.TypeOf<FusionArgumentException>().With.Message.Contain("Rows 3 to 4 of output 'sum' were asked for; it has 4 rows"));
        Assert.That(() => run.ReadRows<float>(0, "sum", -1, 2), Throws.TypeOf<FusionArgumentException>());
    }

    [Test]
    public void AnOutputMayBeAnInputOrAWeight()
    {
        var builder = new GraphBuilder("g");
        builder.Output("x", builder.Input("x", 8).View(RowCount.Tokens, 8)).Output("w", builder.Weight("w", 8));
        using var compiled = builder.Build().Compile(group, new() { MaxTokens = 2 });
        GraphRuns.Fill(compiled, 2, 2);
        var run = compiled.Run(2);
        Assert.That(run.Read<byte>(1, "x"), Is.EqualTo(GraphRuns.Values(compiled.Report.Before.Inputs[0], 2, 1)));
        Assert.That(run.Read<byte>(0, "w"), Is.EqualTo(GraphRuns.Values(compiled.Report.Before.Weights[0], 0, 0)));
    }

    [Test]
    public void AMatmulIsWhatOneGetsByHand()
    {
        var builder = new GraphBuilder("g");
        var y = builder.Input("x", 8, ElementType.Float32).Call(CpuMatmul.To(ElementType.Float32), builder.Weight("w", 2, 8, ElementType.Float32));
        using var compiled = builder.Output("y", y).Build().Compile(group, new() { MaxTokens = 1 });
        compiled.SetInput<float>(0, "x", [1, 2, 3, 4, 5, 6, 7, 8]);
        compiled.SetInput<float>(1, "x", [1, 0, 0, 0, 0, 0, 0, 0]);
        for (var rank = 0; rank < 2; rank++) compiled.SetWeight<float>(rank, "w", [1, 1, 1, 1, 1, 1, 1, 1, 2, 0, 0, 0, 0, 0, 0, -1]);
        var run = compiled.Run(1);
        Assert.That(run.Read<float>(0, "y"), Is.EqualTo([36f, -6f]));
        Assert.That(run.Read<float>(1, "y"), Is.EqualTo([1f, 2f]));
    }

    [Test]
    public void ASizeLimitAsksForSeparateKernelsAbove()
    {
        var config = new FusionPassConfig { MaxSizeMb = FusionPassConfig.Default.MaxSizeMb.Add(2, 1.0 / 1024) };
        using var compiled = Layers.Build(1, QuantizationKind.None).Compile(group, new() { Passes = config, MaxTokens = 16 });
        Assert.That(compiled.PlanOf("layers.0.attention_sum", 8).Strategy, Is.EqualTo(AllReduceStrategy.OneShot));
        Assert.That(compiled.PlanOf("layers.0.attention_sum", 9).Strategy, Is.EqualTo(AllReduceStrategy.Separate));
        GraphRuns.MustBeEqual(Layers.Build(1, QuantizationKind.StaticFp8), tokens: 12, config: config);
    }

    [Test]
    public void WhatIsMissingOrWrongIsTold()
    {
        var graph = Layers.Build(1, QuantizationKind.None);
        using var compiled = graph.Compile(group, new() { MaxTokens = 4 });
        Refused(() => compiled.Run(1), "FUSION5006", "Weight 'layers.0.attention_gamma' of rank 0 on the CPU is not given");
        Refused(() => compiled.Run(5), "FUSION5007", "A run of 5 tokens was asked for; allowed are 1 to 4");
        Refused(() => compiled.SetInput<float>(0, "y", []), "FUSION5009", "The graph has no input 'y'");
        Refused(() => compiled.SetInput<byte>(0, "x", new byte[3]), "FUSION5009", "3 bytes; bf16[tokens, 64] needs 512 at most, in whole tokens");
        Refused(() => compiled.SetWeight<byte>(0, "layers.0.mlp_gama", []), "FUSION5009", "Did you mean 'layers.0.mlp_gamma'?");
        Refused(() => compiled.BindWeight(0, "layers.0.mlp_gamma", new(16, ElementType.Float16, 1, 64)), "FUSION5009", "is f16[1, 64]; the graph has bf16[1, 64]");
        Refused(() => compiled.PlanOf("x", 1), "FUSION5009", "no all-reduce 'x'");
        Refused(() => compiled.Run(5), "FUSION5007", "A run of 5 tokens was asked for; allowed are 1 to 4");
        GraphRuns.Fill(compiled, 4, 2);
        Refused(() => compiled.Run(4).Output(0, "resid"), "FUSION5009", "no output 'resid'. Did you mean 'residual'? It has x, residual.");
    }

    [Test]
    public void GroupsMustBeGivenAndFit()
    {
        var builder = new GraphBuilder("g");
        var graph = builder.Output("y", builder.Input("x", 64).AllReduce().AllReduce(group: "ep")).Build();
        Refused(() => graph.Compile(group, new() { MaxTokens = 1 }), "FUSION5008", "'tp', 'ep'");
        using var larger = RankGroup.OnCpu(4);
        var groups = new Dictionary<string, RankGroup> { ["ep"] = larger };
        Refused(() => graph.Compile(group, new() { MaxTokens = 1, Groups = groups }), "FUSION5008", "Group 'ep' has rank 0 on the CPU,");
    }

    [Test]
    public void ACustomOpNeedsADelegate()
    {
        var graph = GraphJsonText.Parse(Layers.Build(1, QuantizationKind.None).ToJson());
        Refused(() => graph.Compile(group, new() { MaxTokens = 1 }), "FUSION5006", "calls the custom op 'matmul', which has no delegate");
        var customs = new Dictionary<string, Action<CustomLaunch>> { ["matmul"] = CpuMatmul.Run };
        using var compiled = graph.Compile(group, new() { MaxTokens = 1, CustomOps = customs });
        GraphRuns.Fill(compiled, 1, 2);
        Assert.That(compiled.Run(1).Read<BFloat16>(0, "x"), Has.Length.EqualTo(64));
    }

    [TestCase(1, 1)]
    [TestCase(3, 4)]
    [TestCase(4, 4)]
    [TestCase(5, 16)]
    [TestCase(17, null)]
    public void TheSmallestBucketThatHoldsTheTokensIsTaken(int tokens, int? bucket) =>
        Assert.That(new TokenBuckets([16, 4, 1, 4], 64).For(tokens), Is.EqualTo(bucket));

    [Test]
    public void BucketsArePowersOfTwoUnlessOthersAreNamed()
    {
        Assert.That(new TokenBuckets(null, 100).For(33), Is.EqualTo(64));
        Assert.That(new TokenBuckets(null, 100).For(65), Is.Null);
        Refused(() => _ = new TokenBuckets([128], 100), "FUSION5007", "A bucket has 128 tokens; allowed are 1 to 100");
        Refused(() => _ = new TokenBuckets(null, 0), "FUSION5007", "MaxTokens is 0");
    }

    private static void Refused(Action action, string code, string words)
    {
        var e = Assert.Catch(() => action())!;
        Assert.That(e, Is.TypeOf(code == "FUSION5006" ? typeof(GraphException) : typeof(FusionArgumentException)).With.Property("Code").EqualTo(code));
        Assert.That(e.Message, Does.Contain(words));
    }
}
