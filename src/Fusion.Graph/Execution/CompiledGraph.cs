using System.Globalization;
using System.Runtime.InteropServices;
using Fusion.Manifest;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>A graph that runs on a group of ranks, any number of times, with results by name.</summary>
/// <remarks>Weights are given once, inputs before each run. Inputs keep their memory, and so do outputs until the next run; all
/// other values share memory where their lives allow. One thread at a time. Dispose it before its groups.</remarks>
public sealed class CompiledGraph : IDisposable
{
    private readonly RankGroup group;
    private readonly MemoryPlan plan;
    private readonly RankMemory[] memories;
    private readonly GraphSteps steps;
    private readonly TokenBuckets buckets;
    private readonly CapturedRuns? captured;
    private readonly int[] allRanks;
    private bool hasWeights;
    private bool disposed;

    internal CompiledGraph(FusionReport report, RankGroup group, Func<string, RankGroup> groupOf, CompileOptions options)
    {
        (Report, this.group, Options) = (report, group, options);
        buckets = new(options.Buckets, options.MaxTokens);
        plan = MemoryPlan.Of(report.After, options.MaxTokens);
        allRanks = [.. Enumerable.Range(0, group.WorldSize)];
        var made = new List<RankMemory>();
        try
        {
            foreach (var rank in group.Ranks) made.Add(new(rank, plan));
            memories = [.. made];
            steps = new(report.After, report.Config, group, groupOf, options, memories);
        }
        catch
        {
            made.ForEach(memory => memory.Dispose());
            throw;
        }

        if (group.Topology != GroupTopology.Cpu) captured = new(group, steps);
    }

    /// <summary>What the passes did.</summary>
    public FusionReport Report { get; }

    /// <summary>What it was made for.</summary>
    public CompileOptions Options { get; }

    /// <summary>The most memory that values between inputs and outputs need at a time on each rank, in bytes: what is
    /// allocated for them.</summary>
    public long PeakBytes => plan.SharedBytes;

    /// <summary>What these values would need on each rank if each had memory of its own.</summary>
    public long BytesWithoutReuse => plan.BytesWithoutReuse;

    /// <summary>Memory of inputs and outputs on each rank.</summary>
    public long InputAndOutputBytes => plan.OwnBytes;

    /// <summary>Memory that the all-reduces hold on each rank for the exchange.</summary>
    public long WorkspaceBytes => steps.WorkspaceBytes;

    /// <summary>Numbers of tokens that were recorded as CUDA graphs so far.</summary>
    public IReadOnlyList<int> RecordedBuckets => [.. captured?.Recorded ?? []];

    /// <summary>How the all-reduce of an op is done.</summary>
    /// <param name="op">Name of an op of <see cref="FusionReport.After"/>.</param>
    /// <param name="tokens">Tokens.</param>
    /// <exception cref="GraphRunException">There is no such all-reduce.</exception>
    public AllReducePlan PlanOf(string op, int tokens) =>
        Report.After.Ops.FirstOrDefault(candidate => candidate.Name == op) is RowOp { Group: not null } found
            ? steps.PlanOf(found, tokens)
            : throw Unknown("all-reduce", op, Report.After.Ops.Where(o => o is RowOp { Group: not null }).Select(o => o.Name));

    /// <summary>Says where a weight is in a rank's memory. It must stay there.</summary>
    /// <param name="rank">The rank.</param>
    /// <param name="name">The weight.</param>
    /// <param name="weight">Its memory, whose address is a multiple of 16; of the rank's GPU, or of the host.</param>
    /// <exception cref="GraphRunException">There is no such weight, or it does not fit.</exception>
    public void BindWeight(int rank, string name, DeviceTensor weight)
    {
        var tensor = Find(Report.After.Weights, "weight", name);
        if (weight.Type != tensor.Type.Elements || weight.Count != tensor.Type.Count(0))
        {
            throw new GraphRunException(GraphErrorCodes.Binding,
                $"What is given for weight '{name}' is {PlanRules.NameOf(weight.Type)}[{weight.Rows}, " +
                $"{weight.Columns}]; the graph has {tensor.Type}.");
        }

        captured?.Forget();
        Memory(rank).Bind(tensor, weight.Address);
    }

    /// <summary>Copies a weight into memory that this object allocates for it.</summary>
    /// <param name="rank">The rank.</param>
    /// <param name="name">The weight.</param>
    /// <param name="values">All its elements.</param>
    /// <exception cref="GraphRunException">There is no such weight, or these are not as many bytes as it has.</exception>
    public void SetWeight<T>(int rank, string name, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        var tensor = Find(Report.After.Weights, "weight", name);
        var bytes = MemoryMarshal.AsBytes(values);
        MustBe(bytes.Length, tensor.Type.Bytes(0), name, tensor.Type);
        captured?.Forget();
        Memory(rank).Copy(tensor, bytes);
    }

    /// <summary>Copies an input of the next runs. On a GPU, <see cref="Synchronize"/> first, where a run may still read
    /// it.</summary>
    /// <param name="rank">The rank.</param>
    /// <param name="name">The input.</param>
    /// <param name="values">Its elements, for as many tokens as the run will have.</param>
    /// <exception cref="GraphRunException">There is no such input, or these are no whole number of tokens, or too
    /// many.</exception>
    public void SetInput<T>(int rank, string name, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        var tensor = Find(Report.After.Inputs, "input", name);
        var bytes = MemoryMarshal.AsBytes(values);
        var most = tensor.Type.Bytes(Options.MaxTokens);
        var isWhole = tensor.Type.Rows.IsPerToken ? bytes.Length % tensor.Type.Bytes(1) == 0 : bytes.Length == most;
        if (!isWhole || bytes.Length > most) MustBe(bytes.Length, most, name, tensor.Type);
        Memory(rank).Write(tensor, bytes);
    }

    /// <summary>Where an input is, to be written by the user's own kernels.</summary>
    /// <param name="rank">The rank.</param>
    /// <param name="name">The input.</param>
    /// <param name="tokens">Tokens of the run.</param>
    /// <exception cref="GraphRunException">There is no such input, or it has not so many tokens.</exception>
    public DeviceTensor Input(int rank, string name, int tokens)
    {
        CheckTokens(tokens);
        var tensor = Find(Report.After.Inputs, "input", name);
        return tensor.Type.At(Memory(rank).AddressOf(tensor), tokens);
    }

    /// <summary>Starts a run on all ranks and returns. On the CPU it is done then. Where <see cref="CompileOptions.Buckets"/> has
    /// one for it, a recorded CUDA graph is launched.</summary>
    /// <param name="tokens">Tokens of the run.</param>
    /// <returns>The results by name.</returns>
    /// <exception cref="GraphRunException">There are too many tokens, or a weight is not given.</exception>
    /// <exception cref="FusionException">A rank gave up, or the driver reports an error.</exception>
    public GraphRun Run(int tokens)
    {
        CheckTokens(tokens);
        CheckWeights();
        var bucket = captured is null ? null : buckets.For(tokens);
        if (captured is null) steps.Launch(allRanks, tokens, null);
        else if (bucket is { } size) captured.Launch(size);
        else captured.LaunchEagerly(tokens);
        return new(this, tokens, bucket);
    }

    /// <summary>Waits until all runs are done.</summary>
    /// <exception cref="FusionException">A rank gave up, or a kernel failed.</exception>
    public void Synchronize()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        foreach (var rank in group.Ranks) rank.Stream?.Synchronize();
        foreach (var operation in steps.AllReduces)
        {
            foreach (var rank in group.Ranks) operation.Synchronize(rank.Index, rank.Stream);
        }
    }

    /// <summary>Makes it usable again after a rank gave up. Runs that were started before are void.</summary>
    public void Rearm()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        foreach (var operation in steps.AllReduces) operation.Rearm();
    }

    /// <summary>Waits for what still runs and frees all memory. Doing it twice is harmless.</summary>
    public void Dispose()
    {
        if (disposed) return;
        disposed = true;
        // Waits for the ranks.
        steps.Dispose();
        foreach (var rank in group.Ranks) rank.Stream?.Synchronize();
        captured?.Dispose();
        foreach (var memory in memories) memory.Dispose();
    }

    internal Tensor OutputOf(string name)
    {
        var found = Report.After.Outputs.FirstOrDefault(output => output.Role == name);
        return found.Tensor ?? throw Unknown("output", name, Report.After.Outputs.Select(output => output.Role));
    }

    internal RankMemory Memory(int rank)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        return rank >= 0 && rank < memories.Length ? memories[rank]
            : throw new ArgumentOutOfRangeException(nameof(rank), rank, $"The group has ranks 0 to {memories.Length - 1}.");
    }

    private void CheckTokens(int tokens)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (tokens >= 1 && tokens <= Options.MaxTokens) return;
        throw new GraphRunException(GraphErrorCodes.Tokens, string.Create(CultureInfo.InvariantCulture,
            $"A run of {tokens} tokens was asked for; allowed are 1 to {Options.MaxTokens}, " +
            $"for which the graph was compiled ({nameof(CompileOptions.MaxTokens)})."));
    }

    private void CheckWeights()
    {
        if (hasWeights) return;
        foreach (var memory in memories)
        {
            foreach (var weight in Report.After.Weights)
            {
                if (memory.IsBound(weight)) continue;
                throw new GraphRunException(GraphErrorCodes.NotReady,
                    $"Weight '{weight.Name}' of {memory.Rank} is not given; " +
                    $"call {nameof(SetWeight)} or {nameof(BindWeight)} for each rank before the first run.");
            }
        }

        // What is bound stays bound.
        hasWeights = true;
    }

    private static Tensor Find(IEnumerable<Tensor> tensors, string kind, string name) =>
        tensors.FirstOrDefault(tensor => tensor.Name == name) ?? throw Unknown(kind, name, tensors.Select(tensor => tensor.Name));

    private static GraphRunException Unknown(string kind, string name, IEnumerable<string> there)
    {
        var names = there.ToArray();
        var nearest = NearestNames.Of(name, names) is [var near, ..] ? $" Did you mean '{near}'?" : "";
        var listed = names.Length <= 12 ? string.Join(", ", names)
            : $"{string.Join(", ", names.Take(12))} and {names.Length - 12} more";
        return new(GraphErrorCodes.Binding,
            $"The graph has no {kind} '{name}'.{nearest} It has {(listed.Length > 0 ? listed : "none")}.");
    }

    private static void MustBe(long found, long expected, string name, TensorType type)
    {
        if (found == expected) return;
        throw new GraphRunException(GraphErrorCodes.Binding, string.Create(CultureInfo.InvariantCulture,
            $"What is given for '{name}' is {found} bytes; {type} needs {expected}" +
            $"{(type.Rows.IsPerToken ? " at most, in whole tokens" : "")}."));
    }
}
