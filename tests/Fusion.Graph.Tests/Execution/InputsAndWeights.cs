using Fusion.Graph.Tests.Support;
using Fusion.Runtime;

namespace Fusion.Graph.Tests.Execution;

public sealed class InputsAndWeights
{
    private RankGroup group = null!;
    private CompiledGraph compiled = null!;

    [SetUp]
    public void MakeAGraph()
    {
        group = RankGroup.OnCpu(2);
        var builder = new GraphBuilder("g");
        var x = builder.Input("x", 8, ElementType.Float32);
        var sum = x.AllReduce().Add(builder.Input("r", 8, ElementType.Float32));
        var normed = sum.RmsNorm(builder.Weight("gamma", 8, ElementType.Float32), 1e-5f);
        var y = normed.StaticFp8(builder.Scalar("scale"));
        var z = sum.Call(CpuMatmul.To(ElementType.Float32), builder.Weight("w", 2, 8, ElementType.Float32));
        compiled = builder.Output("y", y).Output("z", z).Build().Compile(group, new() { MaxTokens = 4 });
    }

    [TearDown]
    public void LetItGo()
    {
        compiled.Dispose();
        group.Dispose();
    }

    [Test]
    public void AnInputThatNobodyGaveIsAnErrorLikeAMissingWeight()
    {
        GraphRuns.Fill(compiled, 0, 2);
        for (var rank = 0; rank < 2; rank++) compiled.SetInput<float>(rank, "x", new float[8]);
        compiled.SetInput<float>(0, "r", new float[8]);
        Refused(() => compiled.Run(1), "FUSION5006", "Input 'r' of rank 1 on the CPU is given for 0 tokens, and the run has 1;");

        compiled.SetInput<float>(1, "r", new float[8]);
        Assert.That(() => compiled.Run(1), Throws.Nothing);
    }

    [Test]
    public void AnInputThatWasNeverGivenSaysSo()
    {
        foreach (var weight in compiled.Report.Before.Weights)
        {
            for (var rank = 0; rank < 2; rank++) compiled.SetWeight<byte>(rank, weight.Name, GraphRuns.Values(weight, 0, rank));
        }

        Refused(() => compiled.Run(1), "FUSION5006", "Input 'x' of rank 0 on the CPU is not given; call SetInput for each rank, or write it where GetInput says");
    }

    [Test]
    public void AnInputOfFewerTokensThanTheRunIsNotOne()
    {
        GraphRuns.Fill(compiled, 4, 2);
        Assert.That(() => compiled.Run(4), Throws.Nothing);
        Assert.That(() => compiled.Run(3), Throws.Nothing, "the first tokens of what is there");

        compiled.SetInput<float>(1, "x", new float[16]);
        Refused(() => compiled.Run(3), "FUSION5006", "Input 'x' of rank 1 on the CPU is given for 2 tokens, and the run has 3;");
        Assert.That(() => compiled.Run(2), Throws.Nothing);
    }

    [Test]
    public void AnInputMayBeWrittenWhereItIsAndThenMarked()
    {
        GraphRuns.Fill(compiled, 1, 2);
        Refused(() => compiled.Run(2), "FUSION5006", "given for 1 token, and the run has 2");
        for (var rank = 0; rank < 2; rank++)
        {
            foreach (var input in new[] { "x", "r" }) Assert.That(compiled.GetInput(rank, input, 2).Rows, Is.EqualTo(2));
        }

        Refused(() => compiled.Run(2), "FUSION5006", "given for 1 token, and the run has 2");
        for (var rank = 0; rank < 2; rank++)
        {
            foreach (var input in new[] { "x", "r" }) compiled.MarkInputWritten(rank, input, 2);
        }

        Assert.That(() => compiled.Run(2), Throws.Nothing);
    }

    [TestCase("w", 2, 8, ElementType.Float16, 16, "is f16[2, 8]; the graph has f32[2, 8].")]
    [TestCase("w", 8, 2, ElementType.Float32, 16, "is f32[8, 2]; the graph has f32[2, 8].")]
    [TestCase("w", 1, 16, ElementType.Float32, 16, "is f32[1, 16]; the graph has f32[2, 8].")]
    [TestCase("w", -2, -8, ElementType.Float32, 16, "is f32[-2, -8]; the graph has f32[2, 8].")]
    [TestCase("gamma", 2, 4, ElementType.Float32, 16, "is f32[2, 4]; the graph has f32[1, 8].")]
    [TestCase("gamma", 1, 8, ElementType.Float32, 0, "is at the address 0; it must be an address.")]
    [TestCase("gamma", 1, 8, ElementType.Float32, 24, "is at 0x18; its address must be a multiple of 16.")]
    [TestCase("scale", 1, 1, ElementType.Float32, 18, "is at 0x12; its address must be a multiple of 4.")]
    public void MemoryThatIsNoSuchWeightIsRefusedWhenItIsGiven(
        string name, int rows, int columns, ElementType type, int address, string words) =>
        Refused(() => compiled.BindWeight(1, name, new((ulong)address, type, rows, columns)), "FUSION5009",
            $"What is given for weight '{name}' of rank 1 on the CPU {words}");

    [Test]
    public void AVectorMayStandOrLieAndAScalarBeAtAMultipleOfFour()
    {
        using var memory = group.Ranks[0].Allocate<float>(16);
        Assert.That(() => compiled.BindWeight(0, "gamma", memory.AsTensor(8, 1)), Throws.Nothing);
        Assert.That(() => compiled.BindWeight(0, "gamma", memory.AsTensor(1, 8)), Throws.Nothing);
        Assert.That(() => compiled.BindWeight(0, "scale", new(memory.Pointer.Address + 4, ElementType.Float32, 1, 1)), Throws.Nothing);
    }

    [Test]
    public void AWeightThatIsSetAgainStaysWhereItIs()
    {
        GraphRuns.Fill(compiled, 1, 2);
        var weight = compiled.Report.After.Weights.Single(tensor => tensor.Name == "gamma");
        var before = compiled.With(0, 0, memory => memory.WeightAddress(weight));
        compiled.SetWeight<float>(0, "gamma", [1, 2, 3, 4, 5, 6, 7, 8]);
        Assert.That(compiled.With(0, 0, memory => memory.WeightAddress(weight)), Is.EqualTo(before).And.Not.Zero);
    }

    [Test]
    public async Task ResultsThatALaterRunOverwroteAreGone()
    {
        GraphRuns.Fill(compiled, 1, 2);
        var first = compiled.Run(1);
        Assert.That(await first.ReadAsync<float>(0, "y"), Is.EqualTo(first.Read<float>(0, "y")));
        var second = compiled.Run(1);
        Assert.That(() => first.Read<float>(0, "y"), Throws.InvalidOperationException.With.Message.Contains("results of run 1 are gone: run 2"));
        Assert.That(() => first.Output(0, "y"), Throws.InvalidOperationException);
        Assert.That(() => second.Output(0, "y"), Throws.Nothing);
    }

    [Test]
    public void AWeightThatIsBoundKeepsItsBuffer()
    {
        var buffer = Bind();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.That(buffer.IsAlive, "the graph reads it");

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        WeakReference Bind()
        {
            var memory = group.Ranks[0].Allocate<float>(8).AsTensor(1, 8);
            compiled.BindWeight(0, "gamma", memory);
            return new(memory.Owner);
        }
    }

    [Test]
    public void NothingIsTakenAwayFromARunThatIsInFlightOnAnotherThread()
    {
        using var inside = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        var builder = new GraphBuilder("g");
        var slow = new CustomOp("slow", types => [types[0]], launch =>
        {
            inside.Set();
            goOn.Wait();
            RandomGraphs.Negate(launch);
        });
        var y = builder.Input("x", 8, ElementType.Float32).Call(slow).AllReduce();
        var graph = builder.Output("y", y).Build().Compile(group, new() { MaxTokens = 1 });
        GraphRuns.Fill(graph, 1, 2);

        var run = Task.Run(() => graph.Run(1));
        inside.Wait();
        var end = Task.Run(graph.Dispose);
        Assert.That(end.Wait(200), Is.False, "the run still uses the memory");
        goOn.Set();
        Assert.That(() => Task.WaitAll(run, end), Throws.Nothing);
        Assert.That(() => run.Result.Read<float>(0, "y"), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(graph.Dispose, Throws.Nothing, "once more");
    }

    [Test]
    public void AGroupThatWentFirstDoesNotHurt()
    {
        GraphRuns.Fill(compiled, 1, 2);
        compiled.Run(1);
        group.Dispose();
        Assert.That(compiled.Dispose, Throws.Nothing);
    }

    private static void Refused(Action action, string code, string words)
    {
        var e = Assert.Catch(() => action())!;
        Assert.That(e, Is.TypeOf(code == "FUSION5006" ? typeof(GraphException) : typeof(FusionArgumentException)).With.Property("Code").EqualTo(code));
        Assert.That(e.Message, Does.Contain(words));
    }
}
