using Llama.Model.Running;

namespace Llama.Serving.Scheduling;

/// <summary>Where a request is.</summary>
internal enum SequenceState
{
    /// <summary>It waits for pages, and owns none.</summary>
    Waiting,

    /// <summary>It owns pages, and is part of the steps.</summary>
    Running,

    /// <summary>It is done, cancelled or failed, and owns nothing.</summary>
    Ended,
}

/// <summary>A request on its way.</summary>
/// <param name="request">The request.</param>
/// <param name="number">Number of the request in the order of arrival.</param>
internal sealed class Sequence(Request request, long number)
{
    private readonly int promptLength = request.Prompt.Count;

    public Request Request { get; } = request;

    public long Number { get; } = number;

    public SequenceState State { get; set; } = SequenceState.Waiting;

    /// <summary>Tokens of the prompt, and those that were made.</summary>
    public List<int> Tokens { get; } = [.. request.Prompt];

    /// <summary>Pages that it owns, in the order of its tokens.</summary>
    public List<int> Pages { get; } = [];

    /// <summary>Number of tokens whose keys and values are in the pages.</summary>
    public int Cached { get; set; }

    /// <summary>Number of tokens that are not in the cache yet; after a preemption also those that were made.</summary>
    public int Pending => Tokens.Count - Cached;

    /// <summary>Number of tokens that were made.</summary>
    public int Made => Tokens.Count - promptLength;

    /// <summary>Makes its part of a step.</summary>
    /// <param name="count">Number of tokens of the part.</param>
    public StepPart Part(int count) => new(
        Tokens.GetRange(Cached, count), Cached, [.. Pages],
        count == Pending ? new TokenChoice(Request.Temperature, Request.TopP, Request.RandomOf(Made)) : null);

    /// <summary>Makes its part of the step behind one that runs.</summary>
    /// <param name="part">Its part of that step, which chooses a token.</param>
    /// <param name="index">Index of that part.</param>
    public StepPart PartBehind(StepPart part, int index) => new(
        [0], part.First + part.Tokens.Count, [.. Pages], new TokenChoice(Request.Temperature, Request.TopP, Request.RandomOf(Made + 1)))
    { Follows = index };
}
