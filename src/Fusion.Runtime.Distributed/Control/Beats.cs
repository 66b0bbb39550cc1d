using System.Diagnostics;

namespace Fusion.Runtime.Distributed.Control;

/// <summary>Rhythm of the signs of life. It notices when this process itself was stopped, since then it cannot say that others were
/// silent.</summary>
/// <param name="silence">Time without a sign of life after which a rank counts as gone.</param>
internal sealed class Beats(TimeSpan silence)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    private long last = Stopwatch.GetTimestamp();

    /// <summary>Time between two signs of life.</summary>
    public TimeSpan Pause { get; } = silence / 5 < LongestPause ? silence / 5 : LongestPause;

    /// <summary>Whether far more than a pause has passed since the last call.</summary>
    public bool WasAsleep()
    {
        var now = Stopwatch.GetTimestamp();
        var passed = Stopwatch.GetElapsedTime(last, now);
        last = now;
        return passed > silence / 2;
    }
}
