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

    // A step and the one behind it have places in turn.
    private readonly StepPlace[] places;
    private int begun;

    /// <inheritdoc/>
    /// <exception cref="LogitsException">The logits of a sequence are no numbers.</exception>
    /// <exception cref="FusionException">A rank did not come, or a GPU failed.</exception>
    public int[] Run(IReadOnlyList<StepPart> parts) => Begin(parts).Wait();

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">A step is running that was not given, or two are.</exception>
    /// <exception cref="FusionException">A rank did not come, or a GPU failed.</exception>
    public IRunningStep Begin(IReadOnlyList<StepPart> parts, IRunningStep? before = null)
    {
        var last = places[(begun + 1) % places.Length];
        if (before is not null && (before != last.Step || last.Step.IsEnded)) throw new ArgumentException("The step before is not the one that was begun last, or has ended.", nameof(before));
        var own = places[begun % places.Length];
        if (own.Step is { IsEnded: false } || (before is null && last.Step is { IsEnded: false }))
            throw new InvalidOperationException("A step is running that was begun before: end it first.");
        StepRules.ThrowUnlessFit(parts, Limits, Config.Vocabulary);
        StepRules.ThrowUnlessFollows(parts, last.Step is { IsEnded: false } running ? running.Plan.Parts : null);
        var plan = new StepPlan(parts, (before as GpuStep)?.Plan);
        var results = Launch(plan, own);
        if (results is not null) Keep(results, own);
        own.Record();
        begun++;
        return own.Step = new(this, plan, own, results);
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
        foreach (var place in places) place.Step = null;
    }

    /// <inheritdoc/>
    public float[][] LogitsOf(IReadOnlyList<StepPart> parts)
    {
        StepRules.ThrowUnlessFit(parts, Limits, Config.Vocabulary);
        if (places.Any(place => place.Step is { IsEnded: false })) throw new InvalidOperationException("A step is running that was begun before: end it first.");
        var plan = new StepPlan(parts);
        var results = Launch(plan, places[begun % places.Length]);
        body.Synchronize();
        if (results is not null) projection.Synchronize();
        if (results is null) return [];
        return [.. plan.Choosing.Select((one, i) => (one.Part, Logits: logits.Read(results, i))).OrderBy(one => one.Part).Select(one => one.Logits)];
    }

    /// <summary>Waits for a step and gives its tokens.</summary>
    internal int[] End(GpuStep step)
    {
        step.Place.Wait();
        body.ThrowIfFailed();
        projection.ThrowIfFailed();
        var parts = step.Plan.Parts;
        var chosen = new int[parts.Count];
        Array.Fill(chosen, -1);
        for (var i = 0; i < step.Plan.Choosing.Count; i++)
        {
            var (part, _) = step.Plan.Choosing[i];
            chosen[part] = Choose(part, parts[part], step, i);
        }

        return chosen;
    }

    // The run of the projection to the vocabulary; null if no token is chosen.
    private GraphRun? Launch(StepPlan plan, StepPlace place)
    {
        var (rows, chosen) = (buckets.RowsOf(plan), buckets.ChosenRowsOf(plan));
        for (var i = 0; i < ops.States.Count; i++) Send(ops.States[i], place.Hosts[i], plan, rows, chosen);
        var run = body.Run(rows);
        if (chosen == 0) return null;
        foreach (var rank in group.LocalRanks) head.ReadFrom(rank.Index, run.Output(rank.Index, LlamaGraph.LastHidden));
        return projection.Run(chosen);
    }

    // One copy, and a kernel that spreads it: the stream goes on without the host.
    private void Send(RankState state, PinnedBuffer<int> host, StepPlan plan, int rows, int chosen)
    {
        var (rank, stream) = (state.Rank.Index, state.Rank.Stream!);
        var length = plan.Write(host.Span, layout, rows, chosen);
        state.Step.Slice(0, length).CopyFrom(stream, host.Memory[..length]);
        Kernels.SpreadStep.Launch(
            stream, new((Math.Max(rows, chosen) + Block - 1) / Block, Block), state.Step.Pointer + layout.Rows, layout.MaxRows, state.Chosen,
            Input(body, rank, LlamaGraph.Tokens, rows), Input(body, rank, LlamaGraph.Positions, rows), Input(body, rank, LlamaGraph.Sequences, rows), rows,
            chosen == 0 ? default : Input(projection, rank, HeadGraph.Rows, chosen), chosen);
    }

    // The tokens stay on each GPU for the step behind, whose projection overwrites them; the host reads those of one rank, which all have.
    private void Keep(GraphRun results, StepPlace place)
    {
        foreach (var state in ops.States) state.Chosen = new(results.Output(state.Rank.Index, HeadGraph.Likeliest).Address);
        var own = group.LocalRanks[0];
        Kernels.KeepChoice.Launch(
            own.Stream!, new((results.Tokens + Block - 1) / Block, Block), new(results.Output(own.Index, HeadGraph.Likeliest).Address),
            new(results.Output(own.Index, HeadGraph.LargestLogit).Address), place.Likeliest.Pointer, place.Largest.Pointer, results.Tokens);
    }

    private static DevicePointer<int> Input(CompiledGraph graph, int rank, string name, int rows)
    {
        graph.MarkInputWritten(rank, name, rows);
        return new(graph.GetInput(rank, name, rows).Address);
    }

    private int Choose(int index, StepPart part, GpuStep step, int row)
    {
        var choice = part.Choice!.Value;
        try
        {
            if (choice.Temperature > 0) return TokenSampler.Choose(logits.Read(step.Results!, row), choice);
            var (likeliest, largest) = (step.Place.Likeliest.Span[row], step.Place.Largest.Span[row]);
            return float.IsFinite(largest) ? likeliest : throw new ArithmeticException($"The largest logit, of token {likeliest}, is {largest}.");
        }
        catch (ArithmeticException e)
        {
            throw new LogitsException(index, part.First + part.Tokens.Count - 1, e);
        }
    }
}
