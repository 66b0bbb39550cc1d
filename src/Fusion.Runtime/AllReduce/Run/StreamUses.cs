namespace Fusion.Runtime;

/// <summary>Which streams the ranks' calls of an operation are in: those of a rank in one at a time, and no two ranks in the
/// same. Ranks may launch from a thread each. Allocates nothing.</summary>
/// <param name="ranks">Number of ranks.</param>
internal sealed class StreamUses(int ranks)
{
    // One lock for all ranks: two that enter the same stream at the same moment must see each other.
    private readonly Lock gate = new();
    private readonly GpuStream?[] last = new GpuStream?[ranks];
    private readonly bool[] isLaunching = new bool[ranks];

    /// <summary>Whether a rank may use a stream at all.</summary>
    /// <param name="rank">The rank.</param>
    /// <param name="stream">The stream; null for its own.</param>
    /// <exception cref="StreamConflictException">The stream is of another GPU or context, or the rank is on the CPU.</exception>
    public static void Check(Rank rank, GpuStream? stream)
    {
        if (stream is null) return;
        ObjectDisposedException.ThrowIf(stream.IsDisposed, stream);
        if (rank.Context is not { } own) throw StreamConflictException.OnCpu(rank.Index);
        if (stream.Context.Device.Ordinal != own.Device.Ordinal)
            throw StreamConflictException.OtherGpu(rank.Index, own.Device, stream.Context.Device);
        if (stream.Context.Handle != own.Handle) throw StreamConflictException.OtherContext(rank.Index, own.Device);
    }

    /// <summary>Begins a launch; <see cref="Leave"/> ends it.</summary>
    /// <param name="rank">The rank.</param>
    /// <param name="stream">Where it is to launch.</param>
    /// <exception cref="StreamConflictException">The rank or another one is in a stream that does not allow it.</exception>
    public void Enter(int rank, GpuStream stream)
    {
        lock (gate)
        {
            if (isLaunching[rank]) throw StreamConflictException.TwoThreads(rank);
            for (var other = 0; other < last.Length; other++)
            {
                if (other != rank && last[other] is { } used && IsSame(used, stream))
                    throw StreamConflictException.Shared(rank, other);
            }

            // A recorded stream has no work of its own, and must not be asked.
            if (last[rank] is { IsDisposed: false } before && !IsSame(before, stream) &&
                !stream.IsCaptured && !before.IsCaptured && before.IsBusy)
            {
                throw StreamConflictException.TwoStreams(rank);
            }

            last[rank] = stream;
            isLaunching[rank] = true;
        }
    }

    /// <summary>Ends a launch.</summary>
    /// <param name="rank">The rank.</param>
    public void Leave(int rank)
    {
        lock (gate) isLaunching[rank] = false;
    }

    /// <summary>Says that a stream of a rank was waited for.</summary>
    /// <param name="rank">The rank.</param>
    /// <param name="stream">The stream.</param>
    public void Forget(int rank, GpuStream stream)
    {
        lock (gate)
        {
            if (last[rank] is { } before && IsSame(before, stream)) last[rank] = null;
        }
    }

    /// <summary>Says that all streams were waited for.</summary>
    public void ForgetAll()
    {
        lock (gate) Array.Clear(last);
    }

    private static bool IsSame(GpuStream a, GpuStream b) =>
        a.Handle == b.Handle && a.Context.Device.Ordinal == b.Context.Device.Ordinal;
}
