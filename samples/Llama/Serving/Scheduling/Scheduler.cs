using Llama.Model;
using Llama.Model.Running;

namespace Llama.Serving.Scheduling;

/// <summary>A step that was planned: a part for each of its sequences, in the same order.</summary>
internal sealed record PlannedStep(IReadOnlyList<Sequence> Sequences, IReadOnlyList<StepPart> Parts);

/// <summary>A token that a sequence got.</summary>
/// <param name="Sequence">The sequence.</param>
/// <param name="Token">Number of the token.</param>
/// <param name="IsLast">Whether the sequence ended with it.</param>
internal readonly record struct MadeToken(Sequence Sequence, int Token, bool IsLast);

/// <summary>Decides which tokens of which requests a step has. It knows neither threads nor time.</summary>
/// <remarks>
/// Requests get pages in the order of their arrival, for their whole prompt at a time. A step has the next token of each request that
/// decodes, and as many tokens of prompts as then fit. If a request needs a page while it decodes and there is none, the youngest that
/// has pages gives its own back and waits as the first: its tokens so far are its prompt when it comes again. So the oldest always goes
/// on, and since a request that would not fit alone is refused, each one ends.
/// </remarks>
/// <param name="limits">Limits of the runner.</param>
/// <param name="config">Shape of the model.</param>
internal sealed class Scheduler(RunnerLimits limits, ModelConfig config)
{
    // Both are in the order of arrival, and all that run arrived before all that wait.
    private readonly List<Sequence> running = [];
    private readonly LinkedList<Sequence> waiting = [];
    private long arrived;

    /// <summary>Pages that no sequence owns.</summary>
    public PagePool Pool { get; } = new(limits.Pages);

    /// <summary>Sequences that own pages, in the order of their arrival.</summary>
    public IReadOnlyList<Sequence> Running => running;

    /// <summary>Sequences that wait, in the order in which they will run.</summary>
    public IReadOnlyCollection<Sequence> Waiting => waiting;

    /// <summary>Number of times that a sequence had to give its pages back.</summary>
    public long Preemptions { get; private set; }

    // Each running sequence must be able to decode in one step.
    private int MostRunning => Math.Min(limits.MaxSequences, limits.MaxTokens);

    /// <summary>Takes a request, which waits then.</summary>
    /// <exception cref="RequestRefusedException">It can never be done.</exception>
    public Sequence Add(Request request)
    {
        RequestRules.ThrowUnlessPossible(request, limits, config.Vocabulary);
        var sequence = new Sequence(request, arrived++);
        waiting.AddLast(sequence);
        return sequence;
    }

    /// <summary>Plans the next step; null if there is nothing to do. <see cref="Complete"/> must be called before the next plan, but for <see cref="Follow"/>.</summary>
    public PlannedStep? Next()
    {
        var step = new Draft(limits.MaxTokens);
        var preempted = Preemptions;
        // Preemption takes from the end of the list, behind the one that needs a page.
        for (var i = 0; i < running.Count; i++)
        {
            var sequence = running[i];
            if (sequence.Pending == 1 && GrowByPreemption(sequence)) step.Add(sequence);
        }

        foreach (var sequence in running.Where(sequence => sequence.Pending > 1)) step.Add(sequence);
        // What gave its pages back in this step would take those that the others need next.
        if (preempted == Preemptions)
        {
            while (step.Budget > 0 && Admit() is { } sequence) step.Add(sequence);
        }

        return step.Sequences.Count == 0 ? null : new(step.Sequences, step.Parts);
    }

    /// <summary>Plans the step behind one that runs: the next token of each of its sequences that goes on, behind a token that nobody has seen yet. If that is the
    /// last one of the text, what the next step makes for the sequence is not used.</summary>
    /// <param name="step">The step that was planned last, whose <see cref="Complete"/> comes before that of the next.</param>
    /// <returns>The step; null if its results must be there first, since they decide what comes next, or there is something else to do.</returns>
    public PlannedStep? Follow(PlannedStep step)
    {
        // Whoever waits for its prompt to be read comes first, as in any step.
        if (CanAdmit() || running.Any(sequence => !step.Sequences.Contains(sequence))) return null;
        var draft = new Draft(limits.MaxTokens);
        for (var i = 0; i < step.Parts.Count; i++)
        {
            var (sequence, part) = (step.Sequences[i], step.Parts[i]);
            if (part.Choice is not { Temperature: 0 }) return null;
            if (sequence.State != SequenceState.Running || sequence.Made + 1 == sequence.Request.MaxTokens) continue;
            // A page that another must give back is found when the results are there.
            if (!Pool.TryGrow(sequence.Pages, part.First + part.Tokens.Count + 1, limits)) return null;
            draft.AddBehind(sequence, part, i);
        }

        return draft.Sequences.Count == 0 ? null : new(draft.Sequences, draft.Parts);
    }

    /// <summary>Takes the results of the step that was planned last. Sequences that were cancelled meanwhile get none.</summary>
    /// <param name="step">The step.</param>
    /// <param name="tokens">For each part the token that was chosen.</param>
    public IReadOnlyList<MadeToken> Complete(PlannedStep step, IReadOnlyList<int> tokens)
    {
        var made = new List<MadeToken>();
        for (var i = 0; i < step.Parts.Count; i++)
        {
            var sequence = step.Sequences[i];
            if (sequence.State != SequenceState.Running) continue;
            sequence.Cached += step.Parts[i].Tokens.Count;
            if (step.Parts[i].Choice is null) continue;
            sequence.Tokens.Add(tokens[i]);
            var isLast = sequence.Made == sequence.Request.MaxTokens || (sequence.Request.StopsAtEndTokens && config.EndTokens.Contains(tokens[i]));
            if (isLast) End(sequence);
            made.Add(new(sequence, tokens[i], isLast));
        }

        return made;
    }

    /// <summary>Ends a sequence, wherever it is, and takes its pages back.</summary>
    public void End(Sequence sequence)
    {
        if (sequence.State == SequenceState.Running) running.Remove(sequence);
        else if (sequence.State == SequenceState.Waiting) waiting.Remove(sequence);
        sequence.State = SequenceState.Ended;
        Pool.TakeBack(sequence.Pages);
    }

    /// <summary>Ends all sequences.</summary>
    /// <returns>Those that ended.</returns>
    public IReadOnlyList<Sequence> EndAll()
    {
        Sequence[] all = [.. running, .. waiting];
        foreach (var sequence in all) End(sequence);
        return all;
    }

    private bool GrowByPreemption(Sequence sequence)
    {
        while (!Pool.TryGrow(sequence.Pages, sequence.Cached + 1, limits))
        {
            var youngest = running[^1];
            Preempt(youngest);
            if (youngest == sequence) return false;
        }

        return true;
    }

    private void Preempt(Sequence sequence)
    {
        running.Remove(sequence);
        Pool.TakeBack(sequence.Pages);
        sequence.Cached = 0;
        sequence.State = SequenceState.Waiting;
        waiting.AddFirst(sequence);
        Preemptions++;
    }

    // A page is left for each of the others, which will need one soon; with none beside it, a request has all that there are.
    private bool CanAdmit() =>
        waiting.First is { Value: var first } && running.Count < MostRunning && limits.PagesFor(first.Tokens.Count) + running.Count <= Pool.Free;

    private Sequence? Admit()
    {
        if (!CanAdmit()) return null;
        var sequence = waiting.First!.Value;
        if (!Pool.TryGrow(sequence.Pages, sequence.Tokens.Count, limits)) return null;
        waiting.RemoveFirst();
        sequence.State = SequenceState.Running;
        running.Add(sequence);
        return sequence;
    }

    private sealed class Draft(int budget)
    {
        public int Budget { get; private set; } = budget;

        public List<Sequence> Sequences { get; } = [];

        public List<StepPart> Parts { get; } = [];

        public void Add(Sequence sequence)
        {
            var count = Math.Min(sequence.Pending, Budget);
            if (count == 0) return;
            Sequences.Add(sequence);
            Parts.Add(sequence.Part(count));
            Budget -= count;
        }

        public void AddBehind(Sequence sequence, StepPart part, int index)
        {
            Sequences.Add(sequence);
            Parts.Add(sequence.PartBehind(part, index));
        }
    }
}
