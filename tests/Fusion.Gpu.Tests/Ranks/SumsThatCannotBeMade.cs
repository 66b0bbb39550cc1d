using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Ranks;

/// <summary>In two-shot, a rank that waited in vain tells the receivers of its sums, as it would in another process, where no host
/// tells them.</summary>
public sealed class SumsThatCannotBeMade : GpuGroupTest
{
    [TestCase(ElementType.BFloat16)]
    [TestCase(ElementType.Float32)]
    public void MakeTheirReceiversFailAndNameTheRankThatIsMissing(ElementType type)
    {
        const int Hidden = 64, Missing = 2;
        var group = OpenGpus.Group(3);
        var options = new AllReduceOptions { HiddenSize = Hidden, MaxTokens = 1, DataType = type };
        var request = new PlanRequest { WorldSize = 3, Tokens = 1, MaxTokens = 1, HiddenSize = Hidden, DataType = type };
        var layout = WorkspaceLayout.For(3, Hidden, type, 1, 1);
        var plan = AllReduceDispatcher.Plan(request with { Strategy = AllReduceStrategy.TwoShot, Capability = group.Ranks[0].Context!.Device.Capability });
        // Rank 0 owns the only row and waits for a short time; rank 1 waits for its sum, as long as it takes.
        var ranks = group.Ranks.Select(rank =>
        {
            var kernels = RankKernels.Load(rank, group, request)!;
            var share = BlockBudget.Of(rank.Context!.Device).Join(kernels.RanksOnGpu, rank.Index, kernels.BlocksPerMultiprocessor);
            var patience = rank.Index == 0 ? TimeSpan.FromMilliseconds(100) : TimeSpan.FromMinutes(1);
            return (Rank: new GpuRank(rank, options with { Timeout = patience }, layout, kernels, share, near: null), Share: share);
        }).ToArray();
        var all = ranks.Select(one => one.Rank).ToArray();
        using var peers = new PeersInProcess();
        peers.Connect(all);
        Array.ForEach(all, rank => rank.Connect(peers));
        var buffers = all.Select(rank => rank.Rank.Allocate<float>(2 * Hidden)).ToArray();
        try
        {
            foreach (var rank in all[..Missing])
            {
                buffers[rank.Rank.Index].FillBytes(0);
                var input = buffers[rank.Rank.Index].AsTensor(type, 1, Hidden);
                var kernels = new CallKernels();
                rank.Prepare(ref kernels, new() { Input = input, AllReduceOut = input with { Address = input.Address + (Hidden * 4) } }, plan);
                rank.Launch(rank.Rank.Stream!, ref kernels, 1);
            }

            foreach (var rank in all[..Missing]) rank.Rank.Stream!.Synchronize();

            foreach (var rank in all[..Missing])
            {
                var status = rank.Workspace.Status;
                Assert.That((status.Failed, status.Peer, status.Step), Is.EqualTo((1, Missing, 2)), $"rank {rank.Rank.Index}");
                var numbers = new float[2 * Hidden];
                buffers[rank.Rank.Index].Slice(0, numbers.Length).CopyTo(numbers);
                Assert.That(numbers[Hidden..(Hidden + (int)(DeviceTensor.ByteCount(type, Hidden) / 4))], Has.All.NaN, $"rank {rank.Rank.Index}");
            }
        }
        finally
        {
            Array.ForEach(all, rank => rank.Workspace.Poison());
            Array.ForEach(all, rank => rank.Rank.Context!.Synchronize());
            foreach (var (rank, share) in ranks)
            {
                rank.Dispose();
                share.Dispose();
            }

            Array.ForEach(buffers, buffer => buffer.Dispose());
        }
    }
}
