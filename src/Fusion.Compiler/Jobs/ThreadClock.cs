using System.Globalization;

namespace Fusion.Compiler.Jobs;

/// <summary>How long a thread has worked since the clock was started on it. NVRTC's front end lets in one thread at a time, so
/// the time of day would blame a kernel for another that it waits for.</summary>
internal sealed class ThreadClock
{
    // USER_HZ, which Linux promises to programs on every machine.
    private const long TicksASecond = 100;

    // Who waits that much longer than it may work is stuck in something else.
    private const long PatienceFactor = 10;

    private readonly string? file;
    private readonly long begin;
    private readonly long startedAt = Environment.TickCount64;

    /// <summary>Starts a clock on the calling thread.</summary>
    public ThreadClock()
    {
        // The link names the thread that reads it: 4711/task/4712.
        if (OperatingSystem.IsLinux() && new FileInfo("/proc/thread-self").LinkTarget is { } self) file = $"/proc/{self}/stat";
        begin = Worked() ?? 0;
    }

    /// <summary>How long the thread has worked; where the system does not tell, how long ago the clock was started.</summary>
    public TimeSpan Work => Worked() is { } worked
        ? TimeSpan.FromSeconds((worked - begin) / (double)TicksASecond)
        : TimeSpan.FromMilliseconds(Environment.TickCount64 - startedAt);

    /// <summary>Whether the thread worked for longer than it may.</summary>
    /// <param name="seconds">The most seconds.</param>
    public bool IsPast(int seconds)
    {
        var elapsed = Environment.TickCount64 - startedAt;
        return Worked() is { } worked
            ? worked - begin >= seconds * TicksASecond || elapsed >= seconds * 1000L * PatienceFactor
            : elapsed >= seconds * 1000L;
    }

    private long? Worked()
    {
        try
        {
            if (file is null) return null;
            // The second field, the thread's name, may hold blanks; user and system time are the 12th and 13th after it.
            var text = File.ReadAllText(file);
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
