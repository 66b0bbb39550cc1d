namespace Fusion.Runtime.Distributed.Ranks;

/// <summary>Compares the calls of this process's rank on a GPU with those of ranks of other processes. Processes tell each other how far
/// they are, with a hash of all calls up to there. A process that has another hash at that place sends the other one its last calls, which
/// then says to all which call is the first that differs.</summary>
/// <remarks>Not safe for several threads: the operation's gate is held.</remarks>
/// <param name="own">Index of this process's rank.</param>
/// <param name="ranks">World size.</param>
internal sealed class CallsOfPeers(int own, int ranks)
{
    // All ranks hear it through rank 0's process, which must have time for more than that.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly CallMark[] heard = new CallMark[ranks];
    private readonly long[] same = new long[ranks];
    private readonly long[] counts = new long[ranks];
    private readonly Queue<PeerReport> toSay = [];
    private ICallLog? log;
    private Deadline next = Deadline.After(TimeSpan.Zero);
    private long told;
    private CallDifference? difference;

    /// <summary>Lets calls be compared from now on.</summary>
    /// <param name="calls">The calls of this process's rank.</param>
    public void Watch(ICallLog calls) => log = calls;

    /// <summary>Forgets what was heard, after a reset.</summary>
    public void Reset()
    {
        Array.Clear(heard);
        Array.Clear(same);
        Array.Clear(counts);
        toSay.Clear();
        (difference, told) = (null, 0);
    }

    /// <summary>Hears what another rank says of calls.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="report">What it says.</param>
    public void Hear(int rank, PeerReport report)
    {
        difference ??= report.Difference;
        // A later place says all that an earlier one did. If this rank never comes so far, the other one hears of this rank's place.
        if (report.Calls is { } mark) (heard[rank], counts[rank]) = (mark, mark.Count);
        if (report.LastCalls is { } calls && calls.Rank == own) FindFirst(rank, calls);
    }

    /// <summary>Gets the number of calls that a rank launched, as far as this one heard.</summary>
    /// <param name="rank">Index of the rank.</param>
    public long CountOf(int rank) => rank == own ? log?.CountOf(own) ?? 0 : counts[rank];

    /// <summary>Compares what was heard with what this rank has launched by now.</summary>
    /// <param name="epoch">Number of resets before it.</param>
    /// <returns>What all other processes should hear, in order; usually nothing.</returns>
    public IReadOnlyList<PeerReport> Look(int epoch)
    {
        if (log is null) return [];
        for (var rank = 0; rank < ranks && difference is null; rank++) Compare(rank);
        if (next.IsOver && difference is null && log.TryGetLast(own, out var mark) && mark.Count != told)
        {
            (told, next) = (mark.Count, Deadline.After(Pause));
            toSay.Enqueue(new(epoch, Calls: mark));
        }

        if (toSay.Count == 0) return [];
        PeerReport[] said = [.. toSay.Select(report => report with { Epoch = epoch })];
        toSay.Clear();
        return said;
    }

    private void Compare(int rank)
    {
        var theirs = heard[rank];
        if (theirs.Count == 0 || theirs.Count > log!.CountOf(own)) return;
        heard[rank] = default;
        // Too old to be known still, or one of the two replays what the other one launches.
        if (!log.TryGet(own, theirs.Count, out var mine) || mine.Recorded != theirs.Recorded) return;
        if (mine.Hash == theirs.Hash)
        {
            same[rank] = Math.Max(same[rank], theirs.Count);
            return;
        }

        var calls = new List<CallInWords>();
        for (var count = same[rank] + 1; count <= theirs.Count; count++)
        {
            if (log.Describe(own, count) is { } items) calls.Add(new(count, [.. items]));
        }

        toSay.Enqueue(new(0, LastCalls: new(rank, mine, [.. calls])));
    }

    // The other rank has another hash than this one after the last of its calls.
    private void FindFirst(int rank, CallsInWords theirs)
    {
        if (log is null || difference is not null) return;
        foreach (var call in theirs.Calls)
        {
            if (log.Describe(own, call.Count) is not { } mine || mine.SequenceEqual(call.Items)) continue;
            Say(call.Count, mine, rank, call.Items);
            return;
        }

        // It is too long ago for one of the two.
        Say(theirs.Mark.Count, InWords(log.TryGet(own, theirs.Mark.Count, out var mark) ? mark : null), rank, InWords(theirs.Mark));
    }

    private void Say(long count, IReadOnlyList<KeyValuePair<string, string>> mine, int rank, IReadOnlyList<KeyValuePair<string, string>> theirs)
    {
        // Numbers of calls are said from 0 on.
        difference = own < rank ? new(count - 1, own, [.. mine], rank, [.. theirs]) : new(count - 1, rank, [.. theirs], own, [.. mine]);
        toSay.Enqueue(new(0, Difference: difference));
    }

    private static KeyValuePair<string, string>[] InWords(CallMark? mark) =>
        [new("hash of all calls up to it", mark is { Hash: var hash } ? $"{hash:x16}" : "one that is forgotten")];
}

/// <summary>A call of a rank in words.</summary>
/// <param name="Count">Number of calls up to this one.</param>
/// <param name="Items">Names and values.</param>
internal sealed record CallInWords(long Count, List<KeyValuePair<string, string>> Items);

/// <summary>The last calls of a rank, for another one whose calls are not the same.</summary>
/// <param name="Rank">Index of the other rank.</param>
/// <param name="Mark">Place after the last of them, to which the other rank has another hash.</param>
/// <param name="Calls">The calls, in order.</param>
internal sealed record CallsInWords(int Rank, CallMark Mark, List<CallInWords> Calls);

/// <summary>The first call that differs between two ranks.</summary>
/// <param name="Number">Index of the call.</param>
/// <param name="Rank">Index of a rank.</param>
/// <param name="Items">Its call.</param>
/// <param name="Other">Index of another rank.</param>
/// <param name="OtherItems">Its call.</param>
internal sealed record CallDifference(
    long Number, int Rank, List<KeyValuePair<string, string>> Items, int Other, List<KeyValuePair<string, string>> OtherItems);
