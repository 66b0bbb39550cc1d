using System.Diagnostics;

namespace Fusion.Runtime;

/// <summary>A point in time until which something waits.</summary>
/// <param name="Start">Timestamp of the start.</param>
/// <param name="Length">How long.</param>
internal readonly record struct Deadline(long Start, TimeSpan Length)
{
    /// <summary>The longest single wait that the platform takes.</summary>
    public static TimeSpan Longest { get; } = TimeSpan.FromMilliseconds(int.MaxValue);

    /// <summary>Whether it is over.</summary>
    public bool IsOver => Stopwatch.GetElapsedTime(Start) >= Length;

    /// <summary>How long to wait at most before looking again, rounded up so that the last wait is not many of none.</summary>
    public TimeSpan Remaining
    {
        get
        {
            var left = Length - Stopwatch.GetElapsedTime(Start);
            return left >= Longest ? Longest : TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(left.TotalMilliseconds)));
        }
    }

    /// <summary>From now on.</summary>
    /// <param name="length">How long.</param>
    public static Deadline After(TimeSpan length) => new(Stopwatch.GetTimestamp(), length);
}
