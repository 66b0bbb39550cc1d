using Fusion.Manifest;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>A graph compiled for a group of ranks, which runs any number of times and gives results by name.</summary>
/// <remarks>Weights are given once, inputs before each run. Inputs and outputs have memory of their own, and outputs are
/// valid until the next run; all other values share memory where their lives do not overlap. Calls from several threads are
/// done one after the other. Dispose it before its groups; its group disposes it at the latest. After that its members throw an
/// <see cref="ObjectDisposedException"/>.</remarks>
public sealed partial class CompiledGraph : IDisposable, IAsyncDisposable
{
    private readonly Lock gate = new();
    private readonly RankGroup group;
    private readonly MemoryPlan plan;
    // Null for ranks of other processes.
    private readonly RankMemory?[] memories;
    private readonly GraphSteps steps;
    private readonly TokenBuckets buckets;
    private readonly CapturedRuns? captured;
    private readonly int[] localRanks;
    // Number of the last run, and of the last one that ended well and was waited for.
    private long runs, awaited;
    private bool disposed;

    internal CompiledGraph(FusionReport report, RankGroup group, Func<string, RankGroup> groupOf, CompileOptions options)
    {
        (Report, this.group, Options) = (report, group, options);
        buckets = new(options.Buckets, options.MaxTokens);
        plan = MemoryPlan.Of(report.After, options.MaxTokens);
        localRanks = [.. group.LocalRanks.Select(rank => rank.Index)];
        memories = new RankMemory?[group.WorldSize];
        try
        {
            foreach (var rank in group.LocalRanks) memories[rank.Index] = new(rank, plan);
            steps = new(report.After, report.Config, group, groupOf, options, memories);
            if (group.Topology != GroupTopology.Cpu) captured = new(group, steps);
            group.Own(this);
        }
        catch
        {
            captured?.Dispose();
            steps?.Dispose();
            foreach (var memory in LocalMemories) memory.Dispose();
            throw;
        }
    }

    /// <summary>Report of what the passes did.</summary>
    public FusionReport Report { get; }

    /// <summary>Options with which the graph was compiled.</summary>
    public CompileOptions Options { get; }

    /// <summary>Size of the memory that is allocated on each rank for the values between inputs and outputs, in bytes: the
    /// most that they need at a time.</summary>
    public long PeakBytes => plan.SharedBytes;

    /// <summary>Size of the memory that the values between inputs and outputs would need on each rank if none were shared,
    /// in bytes.</summary>
    public long BytesWithoutReuse => plan.BytesWithoutReuse;

    /// <summary>Size of the memory of inputs and outputs on each rank, in bytes.</summary>
    public long InputAndOutputBytes => plan.OwnBytes;

    /// <summary>Size of the workspaces of all operations between ranks, on each rank, in bytes.</summary>
    public long WorkspaceBytes => steps.WorkspaceBytes;

    /// <summary>Gets the numbers of tokens for which runs are recorded as CUDA graphs by now.</summary>
    public IReadOnlyList<int> GetRecordedBuckets()
    {
        lock (gate) return [.. captured?.Recorded ?? []];
    }

    /// <summary>Gets the plan of an op's all-reduce in a run: strategy, kernels and reason. For a run that uses a recorded
    /// CUDA graph (<see cref="CompileOptions.Buckets"/>), it is the plan for the CUDA graph's number of tokens.</summary>
    /// <param name="op">Name of an op of <see cref="FusionReport.After"/>.</param>
    /// <param name="tokens">Number of tokens of the run. The plan of a call that cannot be done is a refusal with its
    /// reason.</param>
    /// <exception cref="FusionArgumentException">There is no such all-reduce.</exception>
    public AllReducePlan PlanOf(string op, int tokens) =>
        Report.After.Ops.FirstOrDefault(candidate => candidate.Name == op) is RowOp { Group: not null } found
            ? steps.PlanOf(found, BucketOf(tokens) ?? tokens)
            : throw Unknown("all-reduce", op, Report.After.Ops.Where(o => o is RowOp { Group: not null }).Select(o => o.Name));

    /// <summary>Starts a run on all ranks and returns; on the CPU the run is then done. If
    /// <see cref="CompileOptions.Buckets"/> has a size for the run, a recorded CUDA graph is launched.</summary>
    /// <param name="tokens">Number of tokens of the run.</param>
    /// <returns>The run, which gives the results by name.</returns>
    /// <exception cref="FusionArgumentException">There are too many tokens.</exception>
    /// <exception cref="GraphException">A weight or an input is not given.</exception>
    /// <exception cref="FusionException">A rank gave up, or the driver reports an error.</exception>
    public GraphRun Run(int tokens)
    {
        lock (gate)
        {
            CheckTokens(tokens);
            CheckWeights();
            CheckInputs(tokens);
            var bucket = BucketOf(tokens);
            runs++;
            if (captured is null) steps.Launch(localRanks, tokens, null);
            else if (bucket is { } size) captured.Launch(size);
            else captured.LaunchEagerly(tokens);
            return new(this, runs, tokens, bucket);
        }
    }

    /// <summary>Calls a function with a rank's memory, which is not freed meanwhile.</summary>
    /// <exception cref="InvalidOperationException">The last run has another number.</exception>
    internal T With<T>(int rank, long run, Func<RankMemory, T> use)
    {
        lock (gate)
        {
            var memory = Memory(rank);
            return run == runs ? use(memory) : throw new InvalidOperationException(
                $"The results of run {run} are gone: run {runs} was started, which overwrites them. Read them before the next run.");
        }
    }

    internal GraphTensor OutputOf(string name)
    {
        var found = Report.After.Outputs.FirstOrDefault(output => output.Role == name);
        return found.Tensor ?? throw Unknown("output", name, Report.After.Outputs.Select(output => output.Role));
    }

    private IEnumerable<RankMemory> LocalMemories => memories.OfType<RankMemory>();

    private RankMemory Memory(int rank)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        return memories[group.Local(rank).Index]!;
    }

    // Number of tokens of the recorded CUDA graph that a run uses; null for none.
    private int? BucketOf(int tokens) =>
        captured is null || tokens < 1 || tokens > Options.MaxTokens ? null : buckets.For(tokens);

    private void CheckTokens(int tokens)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (tokens >= 1 && tokens <= Options.MaxTokens) return;
        throw GraphErrors.Tokens(nameof(tokens),
            $"A run of {tokens} tokens was asked for; allowed are 1 to {Options.MaxTokens}, for which the graph was compiled ({nameof(CompileOptions.MaxTokens)}).");
    }

    private static GraphTensor Find(IEnumerable<GraphTensor> tensors, string kind, string name) =>
        tensors.FirstOrDefault(tensor => tensor.Name == name) ?? throw Unknown(kind, name, tensors.Select(tensor => tensor.Name));

    private static FusionArgumentException Unknown(string kind, string name, IEnumerable<string> there)
    {
        var names = there.ToArray();
        var nearest = NearestNames.Of(name, names) is [var near, ..] ? $" Did you mean '{near}'?" : "";
        var listed = names.Length <= 12 ? string.Join(", ", names)
            : $"{string.Join(", ", names.Take(12))} and {names.Length - 12} more";
        return GraphErrors.Binding(nameof(name),
            $"The graph has no {kind} '{name}'.{nearest} It has {(listed.Length > 0 ? listed : "none")}.");
    }
}
