using System.Runtime.InteropServices;
using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Ranks;

/// <summary>An all-reduce of bf16 with residual and RMSNorm over the ranks of a test, and the same over ranks on the CPU to compare
/// with.</summary>
public sealed class GpuAndCpuRanks : IDisposable
{
    private readonly List<IDisposable> owned = [];
    private readonly Side gpu;
    private readonly Side cpu;

    public GpuAndCpuRanks(int ranks, int hidden, int maxTokens, AllReduceOptions? options = null)
    {
        var wanted = (options ?? new() { HiddenSize = hidden, MaxTokens = maxTokens }) with
        {
            HiddenSize = hidden,
            MaxTokens = maxTokens,
        };
        (Hidden, MaxTokens) = (hidden, maxTokens);
        gpu = Own(new Side(Own(RanksOfATest.Group(ranks)), wanted));
        cpu = Own(new Side(Own(RankGroup.OnCpu(ranks)), wanted));
    }

    public int Hidden { get; }

    public int MaxTokens { get; }

    public RankGroup Group => gpu.Group;

    public Runtime.AllReduce Operation => gpu.Operation;

    public int Ranks => Group.WorldSize;

    /// <summary>Keeps a rank's stream busy for a while before its next call.</summary>
    public void Hold(int rank, TimeSpan time) => TypedKernels.Hold.Launch(
        Group.Ranks[rank].Stream!, new LaunchShape(1, 1), (ulong)(time.TotalMilliseconds * 1e6));

    /// <summary>New numbers for all ranks, on both sides; outputs are filled with NaN.</summary>
    public void SetInputs(int seed)
    {
        for (var rank = 0; rank < Ranks; rank++)
        {
            var random = new Random((seed * 100) + rank);
            foreach (var (onGpu, onCpu) in gpu.Inputs(rank).Zip(cpu.Inputs(rank)))
            {
                var numbers = new BFloat16[onGpu.Length];
                foreach (ref var number in numbers.AsSpan()) number = (BFloat16)((random.NextSingle() * 4) - 2);
                onGpu.CopyFrom(numbers);
                onCpu.CopyFrom(numbers);
            }

            gpu.ClearOutputs(rank);
            cpu.ClearOutputs(rank);
        }
    }

    public AllReduceCall Call(int rank, int tokens) => gpu.Call(rank, tokens);

    public AllReducePlan Launch(int rank, int tokens, GpuStream? stream = null, AllReduceStrategy? force = null) =>
        Operation.Launch(rank, stream, Call(rank, tokens), force);

    public void LaunchAll(int tokens, AllReduceStrategy? force = null)
    {
        for (var rank = 0; rank < Ranks; rank++) Launch(rank, tokens, null, force);
        for (var rank = 0; rank < Ranks; rank++) Operation.Synchronize(rank);
    }

    /// <summary>Computes the same on the CPU and compares the outputs of all ranks bit for bit, beyond the call's tokens
    /// too.</summary>
    public void Compare(int tokens, string what)
    {
        for (var rank = 0; rank < Ranks; rank++) cpu.Operation.Launch(rank, null, cpu.Call(rank, tokens));
        for (var rank = 0; rank < Ranks; rank++)
        {
            cpu.Operation.Synchronize(rank);
            var (actual, expected) = (gpu.Outputs(rank), cpu.Outputs(rank));
            // To compare element by element takes a hundred times as long; that is for the message alone.
            if (!actual.AsSpan().SequenceEqual(expected)) Assert.That(actual, Is.EqualTo(expected), $"rank {rank}: {what}");
        }
    }

    public void Dispose()
    {
        for (var i = owned.Count - 1; i >= 0; i--) owned[i].Dispose();
    }

    private T Own<T>(T thing)
        where T : IDisposable
    {
        owned.Add(thing);
        return thing;
    }

    private sealed class Side : IDisposable
    {
        private readonly int hidden;
        private readonly List<RankBuffer<BFloat16>[]> buffers = [];

        public Side(RankGroup group, AllReduceOptions options)
        {
            Group = group;
            hidden = options.HiddenSize;
            Operation = new Runtime.AllReduce(group, options);
            var all = options.MaxTokens * hidden;
            foreach (var rank in group.Ranks)
                buffers.Add([.. new[] { all, all, hidden, all, all, all }.Select(length => rank.Allocate<BFloat16>(length))]);
        }

        public RankGroup Group { get; }

        public Runtime.AllReduce Operation { get; }

        public RankBuffer<BFloat16>[] Inputs(int rank) => buffers[rank][..3];

        public AllReduceCall Call(int rank, int tokens)
        {
            var own = buffers[rank];
            return new()
            {
                Input = own[0].AsTensor(tokens, hidden),
                Residual = own[1].AsTensor(tokens, hidden),
                Norm = Normalization.Rms(own[2].AsTensor(1, hidden), 1e-5f),
                AllReduceOut = own[3].AsTensor(tokens, hidden),
                ResidualOut = own[4].AsTensor(tokens, hidden),
                NormOut = own[5].AsTensor(tokens, hidden),
            };
        }

        public void ClearOutputs(int rank)
        {
            foreach (var output in buffers[rank][3..]) output.FillBytes(0xFF);
        }

        public ushort[] Outputs(int rank)
        {
            var outputs = buffers[rank][3..];
            var bits = new ushort[outputs.Sum(output => output.Length)];
            var rest = MemoryMarshal.Cast<ushort, BFloat16>(bits.AsSpan());
            foreach (var output in outputs)
            {
                output.CopyTo(rest[..(int)output.Length]);
                rest = rest[(int)output.Length..];
            }

            return bits;
        }

        public void Dispose()
        {
            Operation.Dispose();
            buffers.ForEach(own => Array.ForEach(own, buffer => buffer.Dispose()));
        }
    }
}
