using Fusion.Gpu.Tests;
using Fusion.Gpu.Tests.Fused;
using Fusion.Runtime;

namespace Fusion.Emulation.Tests.Ranks;

/// <summary>What groups of ranks do on emulated GPUs besides sums: time-outs, resetting, CUDA graphs, several ranks on a GPU.</summary>
public sealed class RanksOnTheEmulator
{
    private const int Ranks = 3;
    private const int Hidden = 96;
    private const int Tokens = 2;

    private static readonly Epilogue Norm = new() { HasResidual = true, Norm = NormKind.Rms };

    [SetUp]
    public void Use() => Emulator.Use(new() { Gpus = Ranks });

    [TearDown]
    public void Leave()
    {
        OpenGpus.Close();
        Emulator.Leave();
    }

    [TestCase(AllReduceStrategy.OneShot)]
    [TestCase(AllReduceStrategy.TwoShot)]
    public void ARankThatDoesNotComeIsNamedAndAfterAResetAllIsRight(AllReduceStrategy strategy)
    {
        var data = new AllReduceCase(ElementType.BFloat16, Ranks, Hidden, Tokens, seed: 1);
        using var compared = Compared(TimeSpan.FromSeconds(1));
        Assert.That(compared.Compare(data, Norm, strategy), Is.Empty);
        var calls = compared.Prepare(data, Norm);
        for (var rank = 0; rank < Ranks - 1; rank++) compared.Operation.Launch(rank, null, calls[rank], strategy);

        var failure = Assert.Throws<PeerTimeoutException>(() => compared.Operation.Synchronize(0));

        Assert.That(failure!.Peers, Is.EqualTo([Ranks - 1]));
        compared.Operation.Reset();
        Assert.That(compared.Compare(data, Norm, strategy), Is.Empty);
        Assert.That(Emulator.Faults, Is.Empty);
    }

    [Test]
    public void ACudaGraphOfAllRanksIsReplayed()
    {
        var data = new AllReduceCase(ElementType.BFloat16, Ranks, Hidden, Tokens, seed: 2);
        using var compared = Compared(TimeSpan.FromMinutes(1));
        Assert.That(compared.Compare(data, Norm, AllReduceStrategy.OneShot), Is.Empty);
        var calls = compared.Prepare(data, Norm);
        var streams = compared.Group.Ranks.Select(rank => rank.Stream!).ToArray();
        using var fork = new GpuEvent(compared.Group.Ranks[0].Context!);
        var joins = compared.Group.Ranks.Skip(1).Select(rank => new GpuEvent(rank.Context!)).ToArray();
        using var graph = GpuGraph.Capture(streams[0], () =>
        {
            fork.Record(streams[0]);
            foreach (var stream in streams[1..]) stream.WaitFor(fork);
            for (var rank = 0; rank < Ranks; rank++) compared.Operation.Launch(rank, streams[rank], calls[rank], AllReduceStrategy.OneShot);
            for (var rank = 1; rank < Ranks; rank++)
            {
                joins[rank - 1].Record(streams[rank]);
                streams[0].WaitFor(joins[rank - 1]);
            }
        });

        for (var replay = 0; replay < 3; replay++)
        {
            compared.Prepare(data, Norm);
            graph.Launch(streams[0]);
            streams[0].Synchronize();
            Assert.That(compared.WhatIsWrong(data, Norm), Is.Empty, $"replay {replay}");
        }

        Array.ForEach(joins, join => join.Dispose());
    }

    [Test]
    public void RanksShareAGpu()
    {
        using var group = RankGroup.Loopback(2);
        using var operation = new AllReduce(group, new() { HiddenSize = 64, MaxTokens = 1, DataType = ElementType.Float32 });
        var inputs = group.Ranks.Select(rank => rank.Allocate<float>(64)).ToArray();
        var outputs = group.Ranks.Select(rank => rank.Allocate<float>(64)).ToArray();
        for (var rank = 0; rank < 2; rank++)
        {
            inputs[rank].CopyFrom([.. Enumerable.Range(0, 64).Select(i => (float)(i * (rank + 1)))]);
            operation.Launch(rank, null, new() { Input = inputs[rank].AsTensor(1, 64), AllReduceOut = outputs[rank].AsTensor(1, 64) });
        }

        for (var rank = 0; rank < 2; rank++)
        {
            operation.Synchronize(rank);
            var sums = new float[64];
            outputs[rank].CopyTo(sums);
            Assert.That(sums, Is.EqualTo(Enumerable.Range(0, 64).Select(i => i * 3f)));
        }
    }

    [Test]
    public void LimitsForAGpuByNameHoldForGroupsOfThatGpuAlone()
    {
        using var group = RankGroup.OnGpus(0, 1);
        var gpu = GpuDevice.Get(0).Name;

        Assert.That((Choose(gpu), Choose("another GPU")), Is.EqualTo((AllReduceStrategy.TwoShot, AllReduceStrategy.OneShot)));

        AllReduceStrategy? Choose(string name)
        {
            var policy = AllReducePolicy.Default.With(new() { Gpu = name, OneShotUpTo = 0 });
            using var operation = new AllReduce(group, new() { HiddenSize = Hidden, MaxTokens = Tokens, Policy = policy });
            return operation.Plan(1).Strategy;
        }
    }

    [Test]
    public void LimitsThatWereTunedForThisMachineAreFoundAndTheirFileIsNamed()
    {
        var folder = Directory.CreateTempSubdirectory("fusion policies ").FullName;
        Environment.SetEnvironmentVariable(TunedPolicies.Variable, folder);
        try
        {
            using var group = RankGroup.OnGpus(0, 1);
            var gpu = GpuDevice.Get(0).Name;
            Assert.That(Plan(group).Reason, Does.Contain($"{folder} has no limits tuned for {gpu}"));

            var file = TunedPolicies.FileOf(folder, gpu, GroupTopology.Gpus);
            TunedPolicies.Write(AllReducePolicy.Default.With(
                new() { Gpu = gpu, Topology = GroupTopology.Gpus, WorldSize = 2, OneShotUpTo = 0, Source = "tuned in a test" }), file);
            var plan = Plan(group);

            Assert.That(plan.Strategy, Is.EqualTo(AllReduceStrategy.TwoShot));
            Assert.That(plan.Reason, Does.Contain($"tuned in a test, in {file}"));
        }
        finally
        {
            Environment.SetEnvironmentVariable(TunedPolicies.Variable, null);
            Directory.Delete(folder, recursive: true);
        }

        static AllReducePlan Plan(RankGroup group)
        {
            using var operation = new AllReduce(group, new() { HiddenSize = Hidden, MaxTokens = Tokens, Policy = AllReducePolicy.Tuned });
            return operation.Plan(1);
        }
    }

    private static ComparedRanks Compared(TimeSpan timeout) => new(Ranks, new AllReduceOptions
    {
        HiddenSize = Hidden,
        MaxTokens = Tokens,
        DataType = ElementType.BFloat16,
        Timeout = timeout,
    });
}
