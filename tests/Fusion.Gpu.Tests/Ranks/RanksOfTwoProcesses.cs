using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Ranks;

/// <summary>Two groups, each with one of two ranks, that know each other through <see cref="IPeers"/> alone.</summary>
public sealed class RanksOfTwoProcesses : GpuGroupTest
{
    private const int Hidden = 1024, Tokens = 24;

    private static readonly AllReduceOptions Options =
        new() { HiddenSize = Hidden, MaxTokens = Tokens, DataType = ElementType.Float32, Timeout = TimeSpan.FromSeconds(5) };

    [TestCase(AllReduceStrategy.OneShot)]
    [TestCase(AllReduceStrategy.TwoShot)]
    public void ReduceTogether(AllReduceStrategy strategy) => InTwoProcesses(Options, Options, (rank, operation, buffers) =>
    {
        for (var call = 0; call < 3; call++)
        {
            var plan = operation.Launch(rank, null, buffers.Call(call), strategy);
            operation.Synchronize(rank);
            Assert.That(plan.Strategy, Is.EqualTo(strategy));
            buffers.MustHaveTheSum(call);
        }

        Assert.That(() => operation.Launch(1 - rank, null, buffers.Call(0)),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contain($"Another process has rank {1 - rank}; this one launches {rank}"));
    });

    [Test]
    public void AreNotConnectedWhereTheirPlansDiffer()
    {
        var refused = 0;
        Assert.That(() => InTwoProcesses(Options, Options with { MaxTokens = Tokens + 1 }, (_, _, _) => { }, _ => Interlocked.Increment(ref refused)),
            Throws.TypeOf<AggregateException>().With.InnerException.TypeOf<RankGroupException>());
        Assert.That(refused, Is.EqualTo(2), "in both processes");
    }

    [Test]
    public void HearOfARankThatDidNotComeAndGoOnWhenAllAreReset()
    {
        using var together = new Barrier(2);
        InTwoProcesses(Options with { Timeout = TimeSpan.FromMilliseconds(100) }, Options with { Timeout = TimeSpan.FromMilliseconds(100) },
            (rank, operation, buffers) =>
            {
                if (rank == 0)
                {
                    operation.Launch(0, null, buffers.Call(0));
                    var failure = Assert.Throws<PeerTimeoutException>(() => operation.Synchronize(0))!;
                    Assert.That((failure.Rank, failure.Peer, failure.Call), Is.EqualTo((0, 1, 0)));
                }

                together.SignalAndWait();
                if (rank == 1)
                    Assert.That(() => operation.Launch(1, null, buffers.Call(0)), Throws.TypeOf<PeerTimeoutException>(), "the process that did not come");
                operation.Reset();
                operation.Launch(rank, null, buffers.Call(1));
                operation.Synchronize(rank);
                buffers.MustHaveTheSum(1);
            });
    }

    [Test]
    public void AreDoneWhenTheirOperationsAreDisposed()
    {
        using var together = new Barrier(2);
        InTwoProcesses(Options, Options, (rank, operation, buffers) =>
        {
            // Loading a kernel would wait for those that run on the same GPU.
            TypedKernels.Hold.Launch(buffers.Rank.Stream!, new LaunchShape(1, 1), 1);
            var call = buffers.Call(2);
            together.SignalAndWait();

            // One rank comes late; neither waits before it leaves.
            if (rank == 1) TypedKernels.Hold.Launch(buffers.Rank.Stream!, new LaunchShape(1, 1), 300_000_000);
            operation.Launch(rank, null, call);
            operation.Dispose();
            buffers.MustHaveTheSum(2);
        });
    }

    private static void InTwoProcesses(
        AllReduceOptions first, AllReduceOptions second, Action<int, Runtime.AllReduce, Buffers> use, Action<Exception>? refused = null)
    {
        using var board = new LinkedPeers.Switchboard(2, 2);
        var gpus = RanksOfATest.AreOnSeveralGpus ? RanksOfATest.Gpus[..2] : [0, 0];
        if (gpus[0] != gpus[1]) RankGroup.OnGpus(gpus).Dispose(); // peer access, which processes would make themselves
        using var contexts = new ContextsThatStay(gpus);
        Parallel.Invoke(() => Process(0, first), () => Process(1, second));

        void Process(int rank, AllReduceOptions options)
        {
            var own = new int?[2];
            own[rank] = gpus[rank];
            using var group = RankGroup.Partial(
                gpus[0] == gpus[1] ? GroupTopology.Loopback : GroupTopology.Gpus, own, gpus[0] == gpus[1] ? 2 : 1, () => new LinkedPeers(board));
            Assert.That(group.Ranks.Select(one => one.IsLocal), Is.EqualTo(new[] { rank == 0, rank == 1 }));
            var elsewhere = group.Ranks[1 - rank];
            Assert.That(() => elsewhere.Allocate<float>(8), Throws.InvalidOperationException, "no memory of this process");
            Assert.That(elsewhere.CreateStream, Throws.InvalidOperationException);
            using var buffers = new Buffers(group.Ranks[rank]);
            var epilogue = new EpilogueOperation(group, new() { HiddenSize = options.HiddenSize, MaxTokens = options.MaxTokens, DataType = options.DataType });
            Assert.That(() => epilogue.Launch(1 - rank, null, buffers.Call(0)), Throws.TypeOf<ArgumentOutOfRangeException>());
            Runtime.AllReduce operation;
            try
            {
                operation = new(group, options);
            }
            catch (RankGroupException e)
            {
                refused?.Invoke(e);
                throw;
            }

            using (operation) use(rank, operation, buffers);
        }
    }

    /// <summary>Contexts of GPUs that the groups come and go on.</summary>
    private sealed class ContextsThatStay(int[] gpus) : IDisposable
    {
        private readonly GpuContext[] contexts = [.. gpus.Distinct().Select(GpuContext.Open)];

        public void Dispose() => Array.ForEach(contexts, context => context.Dispose());
    }

    /// <summary>Numbers of a rank whose sums are exact.</summary>
    private sealed class Buffers(Rank rank) : IDisposable
    {
        private readonly RankBuffer<float> input = rank.Allocate<float>(Hidden * Tokens);
        private readonly RankBuffer<float> sum = rank.Allocate<float>(Hidden * Tokens);

        public Rank Rank => rank;

        public AllReduceCall Call(int number)
        {
            input.CopyFrom([.. Enumerable.Range(0, Hidden * Tokens).Select(i => Value(i, rank.Index, number))]);
            sum.FillBytes(0xFF);
            return new() { Input = input.AsTensor(Tokens, Hidden), AllReduceOut = sum.AsTensor(Tokens, Hidden) };
        }

        public void MustHaveTheSum(int number)
        {
            var values = new float[sum.Length];
            sum.CopyTo(values);
            Assert.That(values, Is.EqualTo(Enumerable.Range(0, values.Length).Select(i => Value(i, 0, number) + Value(i, 1, number))), $"call {number}");
        }

        public void Dispose()
        {
            input.Dispose();
            sum.Dispose();
        }

        private static float Value(int i, int rank, int call) => ((i * 7) + (rank * 13) + (call * 5)) % 1000;
    }
}
