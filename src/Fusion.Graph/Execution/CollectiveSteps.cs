using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>Launches the collectives of a graph, by one operation a group.</summary>
internal sealed class CollectiveSteps : IDisposable
{
    private readonly Dictionary<string, Collectives> byGroup = [];
    private readonly bool hasWorkspaces;

    /// <exception cref="FusionException">An operation cannot be made, or an op is for another number of ranks.</exception>
    public CollectiveSteps(TensorGraph graph, RankGroup group, Func<string, RankGroup> groupOf, CompileOptions options)
    {
        hasWorkspaces = group.Topology != GroupTopology.Cpu;
        foreach (var gather in graph.Ops.OfType<AllGatherOp>()) CollectiveRules.CheckRanks(gather, groupOf(gather.Group).WorldSize);
        try
        {
            foreach (var name in graph.Ops.OfType<CollectiveOp>().Select(op => op.Group).Distinct())
                byGroup[name] = new(groupOf(name), new() { Timeout = options.Timeout, Nccl = NcclOf(groupOf(name), options) });
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The operations.</summary>
    public IEnumerable<Collectives> Operations => byGroup.Values;

    /// <summary>Size of the operations' workspaces on each rank, in bytes.</summary>
    public long WorkspaceBytes => hasWorkspaces ? byGroup.Values.Sum(operation => operation.Options.WorkspaceBytes) : 0;

    /// <summary>Gets the operation of an op.</summary>
    /// <param name="op">The op.</param>
    public Collectives Of(CollectiveOp op) => byGroup[op.Group];

    public void Launch(CollectiveOp op, int rank, GpuStream? stream, Func<GraphTensor, DeviceTensor> at)
    {
        var operation = Of(op);
        if (op is AllGatherOp gather) operation.AllGatherColumns(rank, at(op.Input), at(gather.Output), stream);
        else if (op is TopKOp choice) operation.TopK(rank, at(op.Input), at(choice.Indices), choice.Values is { } values ? at(values) : null, stream);
        else throw new InvalidOperationException($"{op.GetType().Name} has no launch: write it here.");
    }

    // The graph's all-reduces and other collectives are by the same communicators.
    private static NcclAllReduce? NcclOf(RankGroup group, CompileOptions options) =>
        group.Topology == GroupTopology.Machines ? options.Library as NcclAllReduce : null;

    public void Dispose()
    {
        foreach (var operation in byGroup.Values) operation.Dispose();
    }
}
