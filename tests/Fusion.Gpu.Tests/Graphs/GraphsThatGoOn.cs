using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Gpu.Tests.Ranks;
using Fusion.Graph;
using Fusion.Graph.Tests.Support;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Graphs;

/// <summary>Weights that change, memory that does not fit, and an end while a run is in flight.</summary>
public sealed class GraphsThatGoOn : GpuGroupTest
{
    private const int Tokens = 4;

    private static readonly TensorGraph Layer = new Pattern(
        ElementType.BFloat16, true, NormKind.Rms, QuantizationKind.PerTokenFp8, ScaleLayout.Linear, true, true).Build();

    [Test]
    public void ARecordedGraphStaysWhereAWeightIsSetAgainAndGoesWhereItMoves()
    {
        using var cpu = RankGroup.OnCpu(2);
        using var gpu = RanksOfATest.Group(2);
        using var expected = Layer.Compile(cpu, new() { MaxTokens = Tokens });
        using var actual = Layer.Compile(gpu, new() { MaxTokens = Tokens, Buckets = [Tokens] });
        GraphRuns.Fill(expected, Tokens, 2);
        GraphRuns.Fill(actual, Tokens, 2);
        MustBeTheSame(expected, actual, "at first");
        Assert.That(actual.GetRecordedBuckets(), Is.EqualTo([Tokens]));

        var weight = Layer.Weights[0];
        for (var rank = 0; rank < 2; rank++)
        {
            var values = GraphRuns.Values(weight, 0, 7);
            expected.SetWeight<byte>(rank, weight.Name, values);
            actual.SetWeight<byte>(rank, weight.Name, values);
        }

        Assert.That(actual.GetRecordedBuckets(), Is.EqualTo([Tokens]), "the addresses are the same");
        MustBeTheSame(expected, actual, "with another weight in its place");

        using var mine = gpu.Ranks[1].Allocate<BFloat16>(weight.Type.Count(0));
        mine.FillBytes(0x3F);
        actual.BindWeight(1, weight.Name, mine.AsTensor(1, mine.Length));
        Assert.That(actual.GetRecordedBuckets(), Is.Empty, "an address is another one");
        expected.SetWeight<byte>(1, weight.Name, Enumerable.Repeat((byte)0x3F, (int)mine.Length * 2).ToArray());
        MustBeTheSame(expected, actual, "with a weight of mine");
        actual.BindWeight(1, weight.Name, mine.AsTensor(mine.Length, 1));
        Assert.That(actual.GetRecordedBuckets(), Is.EqualTo([Tokens]), "bound again to where it was");
    }

    [Test]
    public unsafe void MemoryOfTheHostIsNoWeightOfAGpu()
    {
        using var gpu = RanksOfATest.Group(2);
        using var compiled = Layer.Compile(gpu, new() { MaxTokens = Tokens });
        var weight = Layer.Weights[0];
        using var host = RankGroup.OnCpu(2);
        using var memory = host.Ranks[0].Allocate<BFloat16>(weight.Type.Count(0));
        var refused = Assert.Throws<FusionArgumentException>(() => compiled.BindWeight(0, weight.Name, memory.AsTensor(1, memory.Length)))!;
        Assert.That(refused.Message, Does.StartWith("FUSION5009").And.Contain("which the CUDA driver does not know"));
    }

    [Test]
    public void DisposeWaitsForTheRunThatItEnds([Values] bool isRecorded, [Values] bool hasAllReduce)
    {
        using var gpu = RanksOfATest.Group(2);
        using var kernels = new KernelsOfRanks(gpu);
        using var results = new Results(gpu);
        var builder = new GraphBuilder("g");
        var late = new CustomOp("late", types => [types[0]], launch =>
        {
            // One rank comes late.
            if (launch.Rank.Index == 1) kernels.Spin(launch);
            kernels.Negate(launch, launch.Outputs[0].Address);
        });
        var copy = new CustomOp("copy", types => [types[0]], launch =>
        {
            kernels.Negate(launch, launch.Outputs[0].Address);
            kernels.Negate(launch, results.AddressOf(launch.Rank));
        });
        var x = builder.Input("x", 64, ElementType.Float32).Call(late);
        if (hasAllReduce) x = x.AllReduce();
        var graph = builder.Output("y", x.Call(copy)).Build();
        using (var compiled = graph.Compile(gpu, new() { MaxTokens = Tokens, Buckets = isRecorded ? [Tokens] : [] }))
        {
            for (var rank = 0; rank < 2; rank++)
                compiled.SetInput<float>(rank, "x", Enumerable.Repeat(1f + rank, 64 * Tokens).ToArray());
            compiled.Run(Tokens);
        }

        foreach (var rank in gpu.Ranks)
        {
            Assert.That(rank.Stream!.IsBusy, Is.False, $"{rank} is done");
            Assert.That(results.Of(rank), Has.All.EqualTo(hasAllReduce ? 3f : 1f + rank.Index), $"{rank}");
        }
    }

    private static void MustBeTheSame(CompiledGraph expected, CompiledGraph actual, string when)
    {
        var (wanted, got) = (expected.Run(Tokens), actual.Run(Tokens));
        foreach (var output in Layer.Outputs)
        {
            for (var rank = 0; rank < 2; rank++)
                Assert.That(got.Read<byte>(rank, output.Role), Is.EqualTo(wanted.Read<byte>(rank, output.Role)), $"{output.Role} {when}");
        }
    }

    /// <summary>Memory outside of the graph.</summary>
    private sealed class Results : IDisposable
    {
        private readonly RankBuffer<float>[] buffers;

        public Results(RankGroup group)
        {
            buffers = [.. group.Ranks.Select(rank => rank.Allocate<float>(64 * Tokens))];
            foreach (var buffer in buffers) buffer.FillBytes(0);
        }

        public ulong AddressOf(Rank rank) => buffers[rank.Index].Pointer.Address;

        public float[] Of(Rank rank)
        {
            var values = new float[buffers[rank.Index].Length];
            buffers[rank.Index].CopyTo(values);
            return values;
        }

        public void Dispose() => Array.ForEach(buffers, buffer => buffer.Dispose());
    }

    /// <summary>Kernels of this assembly on each rank's GPU.</summary>
    private sealed class KernelsOfRanks(RankGroup group) : IDisposable
    {
        private const long SomeTenthsOfASecond = 500_000_000;

        private readonly KernelLibrary[] libraries =
            [.. group.Ranks.Select(rank => KernelLibrary.Load(typeof(GraphsThatGoOn).Assembly, rank.Context!))];

        public void Spin(CustomLaunch launch) =>
            libraries[launch.Rank.Index].GetKernel("spin").Launch(launch.Stream!, new LaunchShape(1, 1), SomeTenthsOfASecond);

        public void Negate(CustomLaunch launch, ulong to) => libraries[launch.Rank.Index].GetKernel("negate").Launch(
            launch.Stream!, new LaunchShape(64, 256), new DevicePointer<byte>(launch.Inputs[0].Address), new DevicePointer<byte>(to),
            launch.Inputs[0].Count, sizeof(float));

        public void Dispose() => Array.ForEach(libraries, library => library.Dispose());
    }
}
