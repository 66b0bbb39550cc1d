namespace Fusion.Runtime;

/// <summary>Which streams a rank's calls are in: one at a time. Allocates nothing.</summary>
internal sealed class StreamUse
{
    private GpuStream? last;
    private int isLaunching;

    /// <summary>Where the last call is, if it may not be done yet.</summary>
    public GpuStream? Last => Volatile.Read(ref last);

    /// <summary>Begins a launch; <see cref="Leave"/> ends it.</summary>
    /// <param name="rank">The rank.</param>
    /// <param name="stream">Where it is to launch.</param>
    /// <param name="all">The use of every rank, this one's at its index.</param>
    /// <exception cref="StreamConflictException">The rank or another one is in a stream that does not allow it.</exception>
    public void Enter(int rank, GpuStream stream, ReadOnlySpan<StreamUse> all)
    {
        if (Interlocked.Exchange(ref isLaunching, 1) != 0) throw StreamConflictException.TwoThreads(rank);
        try
        {
            for (var other = 0; other < all.Length; other++)
            {
                if (other != rank && all[other].Last is { } used && IsSame(used, stream))
                    throw StreamConflictException.Shared(rank, other);
            }

            // A recorded stream has no work of its own, and must not be asked.
            if (Last is { IsDisposed: false } before && !IsSame(before, stream) &&
                !stream.IsCaptured && !before.IsCaptured && before.IsBusy)
            {
                throw StreamConflictException.TwoStreams(rank);
            }

            Volatile.Write(ref last, stream);
        }
        catch
        {
            Leave();
            throw;
        }
    }

    /// <summary>Ends a launch.</summary>
    public void Leave() => Volatile.Write(ref isLaunching, 0);

    /// <summary>Says that a stream was waited for.</summary>
    /// <param name="stream">The stream; null for all.</param>
    public void Forget(GpuStream? stream)
    {
        if (Last is { } before && (stream is null || IsSame(before, stream))) Volatile.Write(ref last, null);
    }

    private static bool IsSame(GpuStream a, GpuStream b) =>
        a.Handle == b.Handle && a.Context.Device.Ordinal == b.Context.Device.Ordinal;
}
