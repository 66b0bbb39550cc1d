namespace Fusion.Runtime;

/// <summary>Tracks the streams of an operation's calls: a rank uses one stream at a time, and no two ranks the same. Ranks
/// may launch from a thread each. Allocates nothing.</summary>
/// <param name="ranks">World size.</param>
internal sealed class StreamUses(int ranks)
{
    // One lock for all ranks: two that enter the same stream at the same moment must see each other.
    private readonly Lock gate = new();
    private readonly GpuStream?[] last = new GpuStream?[ranks];
    private readonly int[] isLaunching = new int[ranks];

    /// <summary>Throws unless a stream belongs to a rank's GPU and context.</summary>
    /// <param name="rank">The rank.</param>
    /// <param name="stream">The stream; null for <see cref="Rank.Stream"/>.</param>
    /// <exception cref="FusionArgumentException">The stream is of another GPU or context, or the rank is on the CPU.</exception>
    public static void Check(Rank rank, GpuStream? stream)
    {
        if (stream is null) return;
        ObjectDisposedException.ThrowIf(stream.IsDisposed, stream);
        if (rank.Context is not { } own) throw StreamErrors.OnCpu(rank.Index);
        if (stream.Context.Device.Ordinal != own.Device.Ordinal)
            throw StreamErrors.OtherGpu(rank.Index, own.Device, stream.Context.Device);
        if (stream.Context.Handle != own.Handle) throw StreamErrors.OtherContext(rank.Index, own.Device);
    }

    /// <summary>Begins a launch, which <see cref="Leave"/> ends.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="stream">Stream of the launch.</param>
    /// <exception cref="FusionArgumentException">The rank's last call is in another stream and not done, or another rank
    /// uses this stream.</exception>
    public void Enter(int rank, GpuStream stream)
    {
        if (Interlocked.Exchange(ref isLaunching[rank], 1) != 0) throw StreamErrors.TwoThreads(rank);
        // Only this thread changes the rank's stream now.
        if (ReferenceEquals(last[rank], stream)) return;
        try
        {
            EnterAnother(rank, stream);
        }
        catch
        {
            Leave(rank);
            throw;
        }
    }

    /// <summary>Ends a launch.</summary>
    /// <param name="rank">Index of the rank.</param>
    public void Leave(int rank) => Volatile.Write(ref isLaunching[rank], 0);

    private void EnterAnother(int rank, GpuStream stream)
    {
        lock (gate)
        {
            for (var other = 0; other < last.Length; other++)
            {
                if (other != rank && last[other] is { } used && IsSame(used, stream))
                    throw StreamErrors.Shared(rank, other);
            }

            // A stream that is being recorded runs nothing, and a query would invalidate the recording.
            if (last[rank] is { IsDisposed: false } before && !IsSame(before, stream) &&
                !stream.IsCaptured && !before.IsCaptured && before.IsBusy)
            {
                throw StreamErrors.TwoStreams(rank);
            }

            last[rank] = stream;
        }
    }

    /// <summary>Forgets a rank's stream after it was synchronized.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="stream">The stream.</param>
    public void Forget(int rank, GpuStream stream)
    {
        lock (gate)
        {
            if (last[rank] is { } before && IsSame(before, stream)) last[rank] = null;
        }
    }

    /// <summary>Forgets all streams after they were synchronized.</summary>
    public void ForgetAll()
    {
        lock (gate) Array.Clear(last);
    }

    private static bool IsSame(GpuStream a, GpuStream b) =>
        a.Handle == b.Handle && a.Context.Device.Ordinal == b.Context.Device.Ordinal;
}
