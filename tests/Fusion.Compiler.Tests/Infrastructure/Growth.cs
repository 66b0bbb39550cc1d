using System.Runtime.InteropServices;

namespace Fusion.Compiler.Tests.Infrastructure;

/// <summary>How the work of something grows with its input. Ratios of the processor time of one thread: how fast the machine is, and
/// what else it does, is of no matter.</summary>
internal static class Growth
{
    private const int ThreadClock = 3;
    private const int Rounds = 2;

    /// <summary>The work for a large input in units of the work for a small one.</summary>
    /// <param name="work">Works on an input of some size; gives its own preparations to nobody.</param>
    /// <param name="small">Size of the small input.</param>
    /// <param name="large">Size of the large input.</param>
    public static double Of(Func<int, Action> work, int small, int large)
    {
        var (little, much) = (work(small), work(large));
        // The first time is the time of the JIT compiler.
        little();
        return Least(much) / Least(little);
    }

    private static double Least(Action action) => Enumerable.Range(0, Rounds).Min(_ =>
    {
        var before = Seconds();
        action();
        return Seconds() - before;
    });

    private static double Seconds()
    {
        _ = clock_gettime(ThreadClock, out var time);
        return time.Seconds + (time.Nanoseconds * 1e-9);
    }

    [DllImport("libc"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int clock_gettime(int clock, out Time time);

    [StructLayout(LayoutKind.Sequential)]
    private struct Time
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
