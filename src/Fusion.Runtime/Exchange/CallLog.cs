namespace Fusion.Runtime;

/// <summary>Compares the calls that ranks of this process launch on GPUs, where kernels do not see what a peer's kernel does, and remembers
/// the last ones. Ranks may launch from a thread each: no lock is taken, and nothing is allocated unless two calls differ.</summary>
/// <remarks>
/// <para>Each rank writes its call to a ring of its own, and then looks for the call of the same number of the local ranks before and after
/// it. Between write and look is a full fence, so of two ranks the one that is later sees the other's call; and where all neighbours agree,
/// all ranks do.</para>
/// <para>Calls that are recorded as CUDA graphs are counted but not compared, since nobody sees when they are replayed.</para>
/// </remarks>
/// <typeparam name="TShape">What all ranks' calls have in common.</typeparam>
internal sealed class CallLog<TShape> : ICallLog
    where TShape : unmanaged, ICallShape, IEquatable<TShape>
{
    // As many as a driver takes before its queue is full, so that a rank is seldom farther ahead of another one.
    private const int Kept = 1024;

    // The rank's counts are before the ring. Nothing of another rank is in their cache line, nor in those of the ring.
    private const int Head = 1, First = 2, Last = First + Kept - 1;

    private readonly Entry[]?[] ranks;
    private readonly int[][] neighbours;

    /// <param name="group">The group.</param>
    public CallLog(RankGroup group)
        : this(group.WorldSize, [.. group.LocalRanks.Select(rank => rank.Index)])
    {
    }

    /// <param name="worldSize">World size.</param>
    /// <param name="local">Indices of the ranks of this process.</param>
    public CallLog(int worldSize, params int[] local)
    {
        ranks = new Entry[]?[worldSize];
        neighbours = new int[worldSize][];
        for (var i = 0; i < local.Length; i++)
        {
            ranks[local[i]] = new Entry[Last + 2];
            neighbours[local[i]] = [.. new[] { local[(i + 1) % local.Length], local[(i + local.Length - 1) % local.Length] }
                .Where(rank => rank != local[i]).Distinct()];
        }
    }

    /// <summary>Notes a rank's call and compares it.</summary>
    /// <param name="rank">Index of a rank of this process, which launches in this thread alone.</param>
    /// <param name="shape">The call.</param>
    /// <param name="fingerprint">Fingerprint of the call.</param>
    /// <exception cref="RankGroupException">Another rank's call of the same number is another one.</exception>
    public void Add(int rank, in TShape shape, ulong fingerprint)
    {
        var own = ranks[rank]!;
        ref var head = ref own[Head];
        var number = head.Number + 1;
        var hash = Fingerprints.Mix(head.Hash, fingerprint);
        ref var entry = ref own[PlaceOf(number)];
        // Whoever reads the entry meanwhile finds another number before or after it.
        Volatile.Write(ref entry.Number, 0);
        Volatile.WriteBarrier();
        (entry.Fingerprint, entry.Recorded, entry.Hash, entry.Shape) = (fingerprint, head.Recorded, hash, shape);
        Volatile.Write(ref entry.Number, number);
        head.Hash = hash;
        Volatile.Write(ref head.Number, number);
        Interlocked.MemoryBarrier();
        foreach (var other in neighbours[rank])
        {
            ref var there = ref ranks[other]![PlaceOf(number)];
            if (Volatile.Read(ref there.Number) != number) continue;
            var (found, recorded) = (there.Fingerprint, there.Recorded);
            Volatile.ReadBarrier();
            if (found == fingerprint || recorded != entry.Recorded || Volatile.Read(ref there.Number) != number) continue;
            ThrowIfOther(number, rank, shape, other);
        }
    }

    /// <summary>Counts a call that was recorded as part of a CUDA graph.</summary>
    /// <param name="rank">Index of a rank of this process, which launches in this thread alone.</param>
    public void AddRecorded(int rank) => ranks[rank]![Head].Recorded++;

    /// <summary>Forgets a rank's last call, which could not be launched.</summary>
    /// <param name="rank">Index of a rank of this process, which launches in this thread alone.</param>
    public void TakeBack(int rank)
    {
        var own = ranks[rank]!;
        ref var head = ref own[Head];
        var number = head.Number;
        Volatile.Write(ref own[PlaceOf(number)].Number, 0);
        head.Hash = number > 1 ? own[PlaceOf(number - 1)].Hash : 0;
        Volatile.Write(ref head.Number, number - 1);
    }

    /// <summary>Forgets all calls. No rank may launch.</summary>
    public void Clear()
    {
        foreach (var own in ranks)
        {
            if (own is not null) Array.Clear(own);
        }
    }

    /// <inheritdoc/>
    public long CountOf(int rank) => Volatile.Read(ref ranks[rank]![Head].Number);

    /// <inheritdoc/>
    public bool TryGetLast(int rank, out CallMark mark) => TryGet(rank, CountOf(rank), out mark);

    /// <inheritdoc/>
    public bool TryGet(int rank, long count, out CallMark mark)
    {
        var isThere = TryRead(rank, count, out var entry);
        mark = isThere ? new(count, entry.Hash, entry.Recorded) : default;
        return isThere;
    }

    /// <inheritdoc/>
    public IReadOnlyList<KeyValuePair<string, string>>? Describe(int rank, long count) => TryRead(rank, count, out var entry) ? entry.Shape.Items : null;

    private static int PlaceOf(long number) => First + (int)(number & (Kept - 1));

    private bool TryRead(int rank, long number, out Entry copy)
    {
        copy = default;
        if (number < 1) return false;
        ref var entry = ref ranks[rank]![PlaceOf(number)];
        if (Volatile.Read(ref entry.Number) != number) return false;
        copy = entry;
        Volatile.ReadBarrier();
        return Volatile.Read(ref entry.Number) == number;
    }

    private void ThrowIfOther(long number, int rank, in TShape shape, int other)
    {
        // Numbers of calls are said from 0 on.
        if (!TryRead(other, number, out var there)) return;
        if (rank < other) CallAgreement.Check(number - 1, rank, shape, other, there.Shape);
        else CallAgreement.Check(number - 1, other, there.Shape, rank, shape);
    }

    private struct Entry
    {
        /// <summary>Number of calls up to this one; 0 for none.</summary>
        public long Number;
        public ulong Fingerprint;
        public long Recorded;
        public ulong Hash;
        public TShape Shape;
    }
}
