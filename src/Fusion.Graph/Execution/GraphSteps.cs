using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>Launches the ops of a compiled graph, one after the other.</summary>
internal sealed class GraphSteps : IDisposable
{
    private readonly TensorGraph graph;
    private readonly FusionPassConfig config;
    private readonly RankGroup group;
    private readonly RankMemory?[] memories;
    private readonly TensorCopies copies;
    private readonly MatmulSteps? matmuls;
    private readonly CollectiveSteps? collectives;
    private readonly Dictionary<(string? Group, int Hidden, ElementType Type), AllReduce> allReduces = [];
    private readonly Dictionary<(int Hidden, ElementType Type), EpilogueOperation> rows = [];
    private readonly Action<CustomLaunch>?[] customs;
    private readonly CustomCall?[] pairs;

    // Nothing orders what the CPU computes behind an exchange with other processes.
    private readonly bool awaitsExchanges;

    /// <exception cref="FusionException">An operation cannot be made.</exception>
    public GraphSteps(
        TensorGraph graph, FusionPassConfig config, RankGroup group, Func<string, RankGroup> groupOf, CompileOptions options,
        RankMemory?[] memories)
    {
        (this.graph, this.config, this.group, this.memories) = (graph, config, group, memories);
        awaitsExchanges = group.Topology == GroupTopology.Cpu && group.LocalRanks.Count < group.WorldSize;
        customs = [.. graph.Ops.Select(op => op is CustomCall call ? DelegateOf(call, options) : null)];
        pairs = [.. graph.Ops.Select((_, step) => PairOf(step, options))];
        copies = new(group, graph);
        try
        {
            matmuls = new(group, graph, options);
            collectives = new(graph, group, groupOf, options);
            foreach (var ops in graph.Ops.OfType<RowOp>().GroupBy(Key))
            {
                var (name, hidden, type) = ops.Key;
                var made = new AllReduceOptions
                {
                    HiddenSize = hidden,
                    DataType = type,
                    Policy = config.Policy,
                    Timeout = options.Timeout,
                    Library = options.Library,
                    TwoLevel = options.TwoLevel,
                    StartsNextEarlyTokens = options.StartsNextEarly && matmuls.TokensAhead > 0 ? ops.Min(op => checked((int)op.Input.Type.Rows.At(matmuls.TokensAhead))) : 0,
                    MaxTokens = checked((int)ops.Max(op => op.Input.Type.Rows.At(options.MaxTokens))),
                };
                if (name is null) rows[(hidden, type)] = new(group, new() { HiddenSize = hidden, DataType = type, MaxTokens = made.MaxTokens });
                else allReduces[(name, hidden, type)] = new(groupOf(name), made);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Operations between ranks: all-reduces and other collectives.</summary>
    public IEnumerable<IRankOperation> Operations => [.. allReduces.Values, .. collectives?.Operations ?? []];

    /// <summary>Size of the workspaces of these operations on each rank, in bytes.</summary>
    public long WorkspaceBytes => allReduces.Values.Sum(operation => operation.WorkspaceBytes) + collectives!.WorkspaceBytes;

    /// <summary>Gets the plan of an op's all-reduce.</summary>
    public AllReducePlan PlanOf(RowOp op, int tokens)
    {
        var operation = allReduces[Key(op)];
        var rows = checked((int)op.Input.Type.Rows.At(tokens));
        var epilogue = AllReduceEpilogue.Of(CallOf(op, tensor => tensor.Type.At(0, tokens)));
        var bySize = operation.Plan(rows, epilogue);
        if (SizeLimit.Force(op, tokens, group.WorldSize, config) is not { } forced) return bySize;
        var plan = operation.Plan(rows, epilogue, forced);
        return plan.IsRefused ? plan : plan with
        {
            Reason = $"{SizeLimit.Reason(op, tokens, group.WorldSize, config)}; " +
                $"without the limit {AllReduceDispatcher.Name(bySize.Strategy)}: {bySize.Reason}",
        };
    }

    /// <summary>Launches all ops for some ranks, op by op.</summary>
    /// <param name="ranks">Indices of the ranks.</param>
    /// <param name="tokens">Number of tokens of the run.</param>
    /// <param name="between">Action that is called before a call of another operation between ranks than the last one. Where ranks
    /// share a GPU, it makes the new one wait for the last.</param>
    public void Launch(IReadOnlyList<int> ranks, int tokens, Action? between)
    {
        IRankOperation? last = null;
        for (var step = 0; step < graph.Ops.Length; step++)
        {
            var op = graph.Ops[step];
            if (TensorLives.ViewOffset(op) is not null) continue;
            var next = OperationOf(op);
            if (next is not null)
            {
                if (last is not null && last != next) between?.Invoke();
                last = next;
            }

            if (pairs[step] is { } behind)
            {
                foreach (var rank in ranks) LaunchPair(step, (MatmulOp)op, behind, rank, tokens);
                step++;
                continue;
            }

            foreach (var rank in ranks) Launch(step, op, rank, tokens);
            if (!awaitsExchanges || next is null) continue;
            foreach (var rank in ranks) next.Synchronize(rank, null);
        }
    }

    /// <summary>Waits for the calls between ranks that were launched, and disposes their operations. Nothing can be launched after
    /// it.</summary>
    public void EndCalls()
    {
        foreach (var operation in Operations) operation.Dispose();
    }

    /// <summary>Does what <see cref="EndCalls"/> does without blocking a thread.</summary>
    public async Task EndCallsAsync()
    {
        foreach (var operation in Operations) await operation.DisposeAsync().ConfigureAwait(false);
    }

    public void Dispose()
    {
        EndCalls();
        copies.Dispose();
        matmuls?.Dispose();
    }

    private static (string? Group, int Hidden, ElementType Type) Key(RowOp op) =>
        (op.Group, op.Input.Type.Columns, op.Input.Type.Elements);

    private static Action<CustomLaunch> DelegateOf(CustomCall call, CompileOptions options) =>
        options.CustomOps.TryGetValue(call.Op.Name, out var given) ? given
        : call.Op.Launch ?? throw GraphException.NotReady(call.Name, null,
            $"Op '{call.Name}' calls the custom op '{call.Op.Name}', which has no delegate to launch it; give one in the " +
            $"{nameof(CustomOp)}, or as {nameof(CompileOptions)}.{nameof(CompileOptions.CustomOps)}[\"{call.Op.Name}\"].");

    private CustomCall? PairOf(int step, CompileOptions options) =>
        MatmulPairs.Behind(graph, step) is { } call && !options.CustomOps.ContainsKey(call.Op.Name) ? call : null;

    private void LaunchPair(int step, MatmulOp matmul, CustomCall behind, int rank, int tokens)
    {
        if (matmuls!.IsOfFewRows(matmul, tensor => At(rank, tensor, tokens), out var call) &&
            behind.Op.LaunchWithMatmul!(CustomOf(behind, rank, tokens, matmuls.IsOfWarpgroups(call)), call)) return;
        Launch(step, matmul, rank, tokens);
        Launch(step + 1, behind, rank, tokens);
    }

    private CustomLaunch CustomOf(CustomCall call, int rank, int tokens, bool isOfWarpgroups = false) => new(
        group.Ranks[rank], group.Ranks[rank].Stream, call.Name, tokens, [.. call.Arguments.Select(tensor => At(rank, tensor, tokens))],
        [.. call.Results.Select(tensor => At(rank, tensor, tokens))])
    {
        MayRunAhead = tokens <= matmuls!.TokensAhead,
        IsOfWarpgroups = isOfWarpgroups,
    };

    // Its kernels read nothing before the kernels ahead have ended.
    private bool IsRowOp(int step) => step < graph.Ops.Length && graph.Ops[step] is RowOp;

    private IRankOperation? OperationOf(GraphOp op) => op switch
    {
        RowOp { Group: not null } row => allReduces[Key(row)],
        CollectiveOp collective => collectives!.Of(collective),
        _ => null,
    };

    private void Launch(int step, GraphOp op, int rank, int tokens)
    {
        var stream = group.Ranks[rank].Stream;
        switch (op)
        {
            case RowOp row:
                Launch(row, rank, stream, tokens);
                break;
            case CastOp cast:
                copies.Cast(stream, At(rank, cast.Input, tokens), At(rank, cast.Output, tokens));
                break;
            case SliceOp slice:
                copies.Slice(
                    stream, At(rank, slice.Input, tokens), At(rank, slice.Output, tokens), slice.FirstRow, slice.FirstColumn);
                break;
            case MatmulOp matmul:
                matmuls!.Launch(matmul, stream, tensor => At(rank, tensor, tokens), tokens, letsNextStart: !IsRowOp(step + 1));
                break;
            case CollectiveOp collective:
                collectives!.Launch(collective, rank, stream, tensor => At(rank, tensor, tokens));
                break;
            case CustomCall call:
                customs[step]!(CustomOf(call, rank, tokens));
                break;
            default:
                throw new InvalidOperationException($"{op.GetType().Name} has no launch: write it here.");
        }
    }

    private void Launch(RowOp op, int rank, GpuStream? stream, int tokens)
    {
        var call = CallOf(op, tensor => At(rank, tensor, tokens));
        if (op.Group is null) rows[(op.Input.Type.Columns, op.Input.Type.Elements)].Launch(rank, stream, call);
        else allReduces[Key(op)].Launch(rank, stream, call, SizeLimit.Force(op, tokens, group.WorldSize, config));
    }

    private static AllReduceCall CallOf(RowOp op, Func<GraphTensor, DeviceTensor> at)
    {
        return new AllReduceCall
        {
            Input = at(op.Input),
            Residual = IfAny(op.Residual),
            Norm = op.Norm is not { } norm ? default : new()
            {
                Kind = norm.Kind,
                Epsilon = norm.Epsilon,
                WeightBias = norm.WeightBias,
                Gamma = IfAny(op.Gamma),
                Beta = IfAny(op.Beta),
            },
            Quantization = RowRules.Of(op.Quant, IfAny(op.Scale)),
            AllReduceOut = IfAny(op.AllReduceOut),
            ResidualOut = IfAny(op.ResidualOut),
            NormOut = IfAny(op.NormOut),
            QuantOut = IfAny(op.QuantOut),
            ScaleOut = IfAny(op.ScaleOut),
        };

        DeviceTensor? IfAny(GraphTensor? tensor) => tensor is null ? null : at(tensor);
    }

    private DeviceTensor At(int rank, GraphTensor tensor, int tokens) => tensor.Type.At(memories[rank]!.AddressOf(tensor), tokens);
}
