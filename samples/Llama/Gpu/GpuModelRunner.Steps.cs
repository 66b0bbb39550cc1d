using Fusion.Graph;
using Fusion.Runtime;
using Llama.Gpu.Ops;
using Llama.Gpu.Steps;
using Llama.Model.Graph;
using Llama.Model.Running;

namespace Llama.Gpu;

/// <content>Steps.</content>
public sealed partial class GpuModelRunner
{
    private const int Block = 256;

    private int OwnRank => group.LocalRanks[0].Index;

    /// <inheritdoc/>
    /// <exception cref="LogitsException">The logits of a sequence are no numbers.</exception>
    /// <exception cref="FusionException">A rank did not come, or a GPU failed.</exception>
    public int[] Run(IReadOnlyList<StepPart> parts)
    {
        StepRules.ThrowUnlessFit(parts, Limits, Config.Vocabulary);
        var plan = new StepPlan(parts);
        var results = Launch(plan);
        body.Synchronize();
        if (results is not null) projection.Synchronize();
        var chosen = new int[parts.Count];
        Array.Fill(chosen, -1);
        if (results is null) return chosen;
        // The same on all ranks.
        var (likeliest, largest) = (results.Read<int>(OwnRank, HeadGraph.Likeliest), results.Read<float>(OwnRank, HeadGraph.LargestLogit));
        for (var i = 0; i < plan.Choosing.Count; i++)
        {
            var (part, _) = plan.Choosing[i];
            chosen[part] = Choose(part, parts[part], likeliest[i], largest[i], results, i);
        }

        return chosen;
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">All-reduces are NCCL's, whose kernels wait without an end and were aborted.</exception>
    public void Recover()
    {
        if (nccl is not null)
        {
            nccl.Abort();
            throw new InvalidOperationException("All-reduces are done by NCCL, whose kernels wait without an end: they were aborted, and nothing can be launched any more. Make the runner anew.");
        }

        foreach (var rank in group.LocalRanks) rank.Stream!.Synchronize();
        body.Reset();
        projection.Reset();
        logits.Reset();
        foreach (var state in ops.States) state.Clear();
    }

    /// <inheritdoc/>
    public float[][] LogitsOf(IReadOnlyList<StepPart> parts)
    {
        StepRules.ThrowUnlessFit(parts, Limits, Config.Vocabulary);
        var plan = new StepPlan(parts);
        var results = Launch(plan);
        body.Synchronize();
        if (results is not null) projection.Synchronize();
        if (results is null) return [];
        return [.. plan.Choosing.Select((one, i) => (one.Part, Logits: logits.Read(results, i))).OrderBy(one => one.Part).Select(one => one.Logits)];
    }

    // The run of the projection to the vocabulary; null if no token is chosen.
    private GraphRun? Launch(StepPlan plan)
    {
        var (rows, chosen) = (buckets.RowsOf(plan), buckets.ChosenRowsOf(plan));
        foreach (var state in ops.States) Send(state, plan, rows, chosen);
        var run = body.Run(rows);
        if (chosen == 0) return null;
        foreach (var rank in group.LocalRanks) head.ReadFrom(rank.Index, run.Output(rank.Index, LlamaGraph.LastHidden));
        return projection.Run(chosen);
    }

    // One copy, and a kernel that spreads it: the stream goes on without the host.
    private void Send(RankState state, StepPlan plan, int rows, int chosen)
    {
        var (rank, stream) = (state.Rank.Index, state.Rank.Stream!);
        var length = plan.Write(state.Host.Span, layout, rows, chosen);
        state.Step.Slice(0, length).CopyFrom(stream, state.Host.Memory[..length]);
        Kernels.SpreadStep.Launch(
            stream, new((Math.Max(rows, chosen) + Block - 1) / Block, Block), state.Step.Pointer + layout.Rows, layout.MaxRows,
            Input(body, rank, LlamaGraph.Tokens, rows), Input(body, rank, LlamaGraph.Positions, rows), Input(body, rank, LlamaGraph.Sequences, rows), rows,
            chosen == 0 ? default : Input(projection, rank, HeadGraph.Rows, chosen), chosen);
    }

    private static DevicePointer<int> Input(CompiledGraph graph, int rank, string name, int rows)
    {
        graph.MarkInputWritten(rank, name, rows);
        return new(graph.GetInput(rank, name, rows).Address);
    }

    private int Choose(int index, StepPart part, int likeliest, float largest, GraphRun results, int row)
    {
        var choice = part.Choice!.Value;
        try
        {
            if (choice.Temperature > 0) return TokenSampler.Choose(logits.Read(results, row), choice);
            return float.IsFinite(largest) ? likeliest : throw new ArithmeticException($"The largest logit, of token {likeliest}, is {largest}.");
        }
        catch (ArithmeticException e)
        {
            throw new LogitsException(index, part.First + part.Tokens.Count - 1, e);
        }
    }
}
