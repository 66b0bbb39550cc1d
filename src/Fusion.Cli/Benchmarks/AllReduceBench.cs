using Fusion.Runtime;

namespace Fusion.Cli.Benchmarks;

/// <summary>Measures all-reduces: a number of calls back to back on every rank, recorded as one CUDA graph and timed by the
/// GPU. Of ranks in several processes, each records and times the calls of its own.</summary>
/// <param name="group">Group of ranks to measure on.</param>
internal sealed class AllReduceBench(RankGroup group)
{
    private const int WarmUps = 3;

    private readonly BenchPace pace = new(group);

    /// <summary>Type of the input.</summary>
    public ElementType Type { get; init; }

    /// <summary>Strategy to use; null to let the policy choose.</summary>
    public AllReduceStrategy? Strategy { get; init; }

    /// <summary>Whether calls are launched one by one instead of as a CUDA graph.</summary>
    public bool IsEager { get; init; }

    /// <summary>Library that does the plain all-reduce of the separate strategy; null for Fusion's kernels.</summary>
    public ILibraryAllReduce? Library { get; init; }

    /// <summary>Largest size of a rank's workspace in bytes.</summary>
    public long WorkspaceLimitBytes { get; init; } = AllReduceOptions.DefaultWorkspaceLimitBytes;

    /// <summary>Number of calls back to back in a measurement.</summary>
    public int Iterations { get; init; }

    /// <summary>Number of measurements, of which the median counts.</summary>
    public int Repeats { get; init; }

    /// <summary>Measures a call and returns its times.</summary>
    /// <param name="hidden">Number of elements of a token.</param>
    /// <param name="tokens">Number of tokens of the call.</param>
    /// <param name="epilogue">Epilogue of the call.</param>
    /// <param name="kernels">Kernels compiled for one model, which are preferred where they fit.</param>
    /// <exception cref="FusionException">The call is not possible, or a rank gave up.</exception>
    public BenchRow Measure(int hidden, int tokens, AllReduceEpilogue epilogue, AllReduceKernels kernels)
    {
        using var operation = new AllReduce(group, new AllReduceOptions
        {
            HiddenSize = hidden,
            MaxTokens = tokens,
            WorkspaceLimitBytes = WorkspaceLimitBytes,
            DataType = Type,
            Library = Library,
            TwoLevel = Strategy == AllReduceStrategy.TwoLevel,
            Kernels = kernels,
            // If one-shot is named, the workspace must hold all tokens for it.
            Policy = Strategy == AllReduceStrategy.OneShot ? AllReducePolicy.WithLimits(long.MaxValue) : null,
        });
        using var buffers = new BenchBuffers(group, Type, hidden, tokens, epilogue);
        var plan = operation.Plan(tokens, AllReduceEpilogue.Of(buffers.Call(0)));

        // The first calls do lazy loading, and a refusal is thrown before anything is recorded.
        LaunchAll(operation, buffers, 1);
        foreach (var rank in group.LocalRanks) operation.Synchronize(rank.Index);

        var context = group.LocalRanks[0].Context!;
        using var stream = new GpuStream(context);
        using var start = new GpuEvent(context);
        using var end = new GpuEvent(context);
        using var fork = new Fork(group, stream);
        using var graph = IsEager ? null : GpuGraph.Capture(stream, () => fork.Run(() => LaunchAll(operation, buffers, Iterations)));

        var times = new List<double>();
        for (var i = 0; i < WarmUps + Repeats; i++)
        {
            pace.Begin(() => fork.Run(() => LaunchAll(operation, buffers, 1)));
            start.Record(stream);
            if (graph is not null) graph.Launch(stream);
            else fork.Run(() => LaunchAll(operation, buffers, Iterations));
            end.Record(stream);
            end.Synchronize();
            if (i >= WarmUps) times.Add(end.ElapsedSince(start).TotalMicroseconds / Iterations);
        }

        operation.ThrowIfFailed();
        var slowest = pace.Slowest(times);
        Array.Sort(slowest);
        var done = Strategy ?? plan.Strategy;
        var library = Library is NcclAllReduce { WindowBytes: > 0 } ? "-nccl-window" : "-nccl";
        var strategy = AllReduceDispatcher.Name(done) + (Library is not null && done == AllReduceStrategy.Separate ? library : "");
        return new(
            context.Device.Name, group.WorldSize, TopologyOf(group), hidden, tokens,
            CommandLine.ToolOptions.Types.First(type => type.Value == Type).Key, epilogue.ToString(), strategy,
            (IsEager ? "eager" : "graph") + (pace.IsInProcesses ? BenchRow.InProcesses : ""), slowest[slowest.Length / 2], slowest[0], slowest[^1])
        { IsForOneModel = plan.Variant is not null };
    }

    private static string TopologyOf(RankGroup group) => group.Topology switch
    {
        GroupTopology.Loopback => "loopback",
        GroupTopology.Machines => "machines",
        _ => "gpus",
    };

    private void LaunchAll(AllReduce operation, BenchBuffers buffers, int calls)
    {
        // Eager calls of the ranks must overlap, so each call is launched on all ranks before the next one.
        for (var call = 0; call < calls; call++)
        {
            foreach (var rank in group.LocalRanks) operation.Launch(rank.Index, null, buffers.Call(rank.Index), Strategy);
        }
    }

    /// <summary>Makes the ranks' streams wait for one stream, and that stream wait for all of them.</summary>
    private sealed class Fork : IDisposable
    {
        private readonly RankGroup group;
        private readonly GpuStream stream;
        private readonly GpuEvent begin;
        private readonly GpuEvent[] ends;

        public Fork(RankGroup group, GpuStream stream)
        {
            (this.group, this.stream) = (group, stream);
            begin = new GpuEvent(stream.Context);
            ends = [.. group.LocalRanks.Select(rank => new GpuEvent(rank.Context!))];
        }

        public void Run(Action work)
        {
            begin.Record(stream);
            foreach (var rank in group.LocalRanks) rank.Stream!.WaitFor(begin);
            work();
            foreach (var (rank, end) in group.LocalRanks.Zip(ends))
            {
                end.Record(rank.Stream!);
                stream.WaitFor(end);
            }
        }

        public void Dispose()
        {
            begin.Dispose();
            foreach (var end in ends) end.Dispose();
        }
    }
}
