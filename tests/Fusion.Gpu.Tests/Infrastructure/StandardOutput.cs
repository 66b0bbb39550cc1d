using System.Runtime.InteropServices;

namespace Fusion.Gpu.Tests.Infrastructure;

/// <summary>What native code writes to the process's standard output: the driver prints there what kernels print.</summary>
internal static partial class StandardOutput
{
    private const int Output = 1;

    /// <summary>Does some work and gets what it wrote.</summary>
    public static string Of(Action work)
    {
        var file = Path.GetTempFileName();
        try
        {
            Console.Out.Flush();
            _ = Flush(0);
            var kept = Duplicate(Output);
            using (var target = File.OpenHandle(file, FileMode.Create, FileAccess.Write, FileShare.ReadWrite))
            {
                _ = DuplicateTo((int)target.DangerousGetHandle(), Output);
                try
                {
                    work();
                    // The driver writes through the C library.
                    _ = Flush(0);
                }
                finally
                {
                    _ = DuplicateTo(kept, Output);
                    _ = Close(kept);
                }
            }

            return File.ReadAllText(file);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [LibraryImport("libc", EntryPoint = "fflush")]
    private static partial int Flush(nint stream);

    [LibraryImport("libc", EntryPoint = "dup")]
    private static partial int Duplicate(int descriptor);

    [LibraryImport("libc", EntryPoint = "dup2")]
    private static partial int DuplicateTo(int from, int to);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
