using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Ranks;

public sealed class GroupsOnOneGpu : GpuGroupTest
{
    [Test]
    public void ComputeTheBitsOfTheCpuByEveryStrategy(
        [Values(3, 16)] int ranks,
        [Values(AllReduceStrategy.OneShot, AllReduceStrategy.TwoShot, AllReduceStrategy.Separate)] AllReduceStrategy strategy)
    {
        using var op = new GpuAndCpuRanks(ranks, hidden: 1032, maxTokens: 300);
        foreach (var tokens in new[] { 1, 7, 300 })
        {
            if (tokens > 7 && strategy == AllReduceStrategy.OneShot && op.Operation.Plan(300).Strategy != strategy) continue;
            op.SetInputs(tokens);
            op.LaunchAll(tokens, strategy);
            op.Compare(tokens, $"{tokens} tokens, {strategy}");
        }
    }

    [Test]
    public void SayHowManyBlocksFit([Values(2, 4, 8, 16)] int ranks)
    {
        using var group = RankGroup.Loopback(ranks);
        foreach (var hidden in new[] { 64, 4096, 8192, 32768 })
        {
            var request = new PlanRequest { WorldSize = ranks, Tokens = 1, MaxTokens = 1, HiddenSize = hidden };
            var kernels = RankKernels.Load(group.Ranks[0], group, request)!;
            Assert.That(kernels.Caps.GroupBy(cap => cap.Key.Split(' ')[0]).Select(caps => caps.Max(cap => cap.Value)), Has.All.Positive);
            TestContext.Out.WriteLine($"{ranks} ranks, hidden {hidden}: {string.Join(", ", kernels.Caps)}");
        }
    }

    [Test]
    public void LeaveTheSumOfLargeTensorsToALibrary()
    {
        var library = new OurOwnAsLibrary();
        using var op = new GpuAndCpuRanks(3, 512, 40, new()
        {
            HiddenSize = 512,
            MaxTokens = 40,
            Policy = AllReducePolicy.WithLimits(0, 0),
            Library = library,
        });
        using var sums = new Runtime.AllReduce(op.Group, new() { HiddenSize = 512, MaxTokens = 40 });
        library.Operation = sums;
        op.SetInputs(3);

        op.LaunchAll(40);

        Assert.That(library.Launches, Is.EqualTo(3));
        op.Compare(40, "with a library");
    }

    [Test]
    public void RefuseMemoryOfTheHost()
    {
        using var op = new GpuAndCpuRanks(2, 64, 1);
        using var cpu = RankGroup.OnCpu(2);
        using var host = cpu.Ranks[0].Allocate<BFloat16>(64);

        Assert.That(() => op.Operation.Launch(0, null, op.Call(0, 1) with { Input = host.AsTensor(1, 64) }),
            Throws.TypeOf<FusionArgumentException>());

        op.SetInputs(1);
        op.LaunchAll(1);
        op.Compare(1, "after a refused call");
    }

    private sealed class OurOwnAsLibrary : ILibraryAllReduce
    {
        public Runtime.AllReduce? Operation { get; set; }

        public int Launches { get; private set; }

        public void Launch(int rank, GpuStream stream, DeviceTensor input, DeviceTensor output)
        {
            Launches++;
            Operation!.Launch(rank, stream, new() { Input = input, AllReduceOut = output }, AllReduceStrategy.TwoShot);
        }
    }
}
