using Fusion.Graph;
using Fusion.Runtime;
using Llama.Model.Graph;

namespace Llama.Model.Running;

/// <summary>Reads logits over the whole vocabulary, of which each rank computed a part. Where other processes have some of the ranks, the parts
/// are exchanged, and every process gets all of them: so all choose the same tokens.</summary>
public sealed class WholeLogits : IDisposable
{
    private readonly RankGroup group;
    private readonly int columns;
    private readonly Collectives? exchange;
    private readonly RankBuffer<float>? whole;

    /// <summary>Makes the exchange where the group needs one, which all processes do in the same order as other operations.</summary>
    /// <param name="group">Group of the ranks.</param>
    /// <param name="vocabulary">Number of tokens of the vocabulary, which the ranks divide.</param>
    /// <param name="timeout">Longest time that a rank waits for the others; null for that of <see cref="CollectivesOptions"/>.</param>
    /// <param name="nccl">NCCL of the group, where the ranks do not all reach each other's memory; null for one that operations share.</param>
    /// <exception cref="FusionException">There is not enough memory, or a rank is gone.</exception>
    public WholeLogits(RankGroup group, int vocabulary, TimeSpan? timeout = null, NcclAllReduce? nccl = null)
    {
        ArgumentNullException.ThrowIfNull(group);
        (this.group, columns) = (group, vocabulary / group.WorldSize);
        if (group.LocalRanks.Count == group.WorldSize) return;
        if (group.LocalRanks is not [var rank])
            throw new ArgumentException($"This process has {group.LocalRanks.Count} of {group.WorldSize} ranks; expected is one, or all.", nameof(group));
        var options = new CollectivesOptions { Nccl = nccl };
        exchange = new(group, timeout is { } time ? options with { Timeout = time } : options);
        try
        {
            whole = rank.Allocate<float>(vocabulary);
        }
        catch
        {
            exchange.Dispose();
            throw;
        }
    }

    /// <summary>Reads the logits of a row. Where there are several processes, all of them read the same rows in the same order.</summary>
    /// <param name="run">A run of a graph that has the output <see cref="LlamaGraph.Logits"/>.</param>
    /// <param name="row">Index of the row.</param>
    /// <returns>Logits over the vocabulary.</returns>
    /// <exception cref="FusionException">A rank did not come.</exception>
    public float[] Read(GraphRun run, int row)
    {
        ArgumentNullException.ThrowIfNull(run);
        if (exchange is null) return [.. group.Ranks.SelectMany(rank => run.ReadRows<float>(rank.Index, LlamaGraph.Logits, row, 1))];
        var own = group.LocalRanks[0].Index;
        var part = new DeviceTensor(run.Output(own, LlamaGraph.Logits).Address + ((ulong)row * (ulong)columns * sizeof(float)), ElementType.Float32, 1, columns);
        exchange.AllGatherColumns(own, part, whole!.AsTensor(1, whole.Length));
        exchange.Synchronize(own);
        var logits = new float[whole.Length];
        whole.CopyTo(logits);
        return logits;
    }

    /// <summary>Makes the exchange usable again after a step that failed.</summary>
    public void Reset() => exchange?.Reset();

    /// <summary>Ends the exchange.</summary>
    public void Dispose()
    {
        exchange?.Dispose();
        whole?.Dispose();
    }
}
