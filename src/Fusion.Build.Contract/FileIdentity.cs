using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Fusion.Build.Contract;

/// <summary>Tells without reading a file that nobody has changed it: by its number in the file system, its size, and the times of the
/// last change of its content and of its entry. The second time no program can set back, so that a file which was replaced by one
/// of the same size and time is another one.</summary>
public static class FileIdentity
{
    // To read a smaller file takes no longer than to ask.
    private const long Least = 1 << 20;

    // A file that changes twice within a tick of the file system's clock would look the same: 10 ms at most, or where it has no
    // parts of seconds, a second.
    private const long SettledTicks = TimeSpan.TicksPerMillisecond * 100;
    private const long SettledTicksOfCoarseClock = TimeSpan.TicksPerSecond * 2;
    private const int NanosecondsOfTick = 100;

    // struct statx of <linux/stat.h>, which is the same on every architecture.
    private const int StatSize = 256;
    private const int NumberAt = 32;
    private const int SizeAt = 40;
    private const int EntryChangedAt = 96;
    private const int ContentChangedAt = 112;
    private const int DeviceAt = 136;
    private const int CurrentFolder = -100;
    private const uint BasicStats = 0x7ff;

    /// <summary>The identity of a large file of Linux, with links followed.</summary>
    /// <param name="path">Full path.</param>
    /// <param name="now">The time, to which a file must have been at rest for a while.</param>
    /// <returns>Empty if the file has to be read.</returns>
    public static string Of(string path, DateTimeOffset now)
    {
        if (Path.DirectorySeparatorChar == '\\') return "";
        var stat = new byte[StatSize];
        try
        {
            if (GetStatus(CurrentFolder, [.. Encoding.UTF8.GetBytes(path), 0], 0, BasicStats, stat) != 0) return "";
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            return "";
        }

        var size = BitConverter.ToInt64(stat, SizeAt);
        var (changed, nanoseconds) = (BitConverter.ToInt64(stat, EntryChangedAt), BitConverter.ToInt32(stat, EntryChangedAt + 8));
        var age = now.ToUnixTimeMilliseconds() * TimeSpan.TicksPerMillisecond - (changed * TimeSpan.TicksPerSecond) - (nanoseconds / NanosecondsOfTick);
        if (size < Least || age < (nanoseconds == 0 ? SettledTicksOfCoarseClock : SettledTicks)) return "";
        return string.Format(CultureInfo.InvariantCulture, "{0}.{1}.{2}.{3}.{4}.{5}.{6}",
            BitConverter.ToInt64(stat, DeviceAt), BitConverter.ToInt64(stat, NumberAt), size,
            changed, nanoseconds,
            BitConverter.ToInt64(stat, ContentChangedAt), BitConverter.ToInt32(stat, ContentChangedAt + 8));
    }

    [DllImport("libc", EntryPoint = "statx")]
    private static extern int GetStatus(int folder, byte[] path, int flags, uint mask, byte[] status);
}
