using System.Diagnostics;

namespace Fusion.Runtime;

/// <summary>Point in time at which a wait ends.</summary>
/// <param name="Start">Timestamp of the start.</param>
/// <param name="Length">Length of the wait.</param>
internal readonly record struct Deadline(long Start, TimeSpan Length)
{
    /// <summary>Longest single wait that the platform accepts.</summary>
    public static TimeSpan Longest { get; } = TimeSpan.FromMilliseconds(int.MaxValue);

    /// <summary>Whether the deadline has passed.</summary>
    public bool IsOver => Stopwatch.GetElapsedTime(Start) >= Length;

    /// <summary>Longest time to wait before the next check, at least 1 ms, so that the last one is not a busy
    /// loop.</summary>
    public TimeSpan Remaining
    {
        get
        {
            var left = Length - Stopwatch.GetElapsedTime(Start);
            return left >= Longest ? Longest : TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(left.TotalMilliseconds)));
        }
    }

    /// <summary>Starts a deadline now.</summary>
    /// <param name="length">Length of the wait.</param>
    public static Deadline After(TimeSpan length) => new(Stopwatch.GetTimestamp(), length);
}
