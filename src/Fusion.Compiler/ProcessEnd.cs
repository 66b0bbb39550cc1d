using System.Runtime.InteropServices;

namespace Fusion.Compiler;

/// <summary>Ends the process in the middle of compilations.</summary>
internal static partial class ProcessEnd
{
    /// <summary>The exit code after Ctrl+C: 128 + SIGINT.</summary>
    public const int Interrupted = 130;

    /// <summary>Ends it at once. The exit handlers of NVRTC do not run: its threads are still at work and would crash.</summary>
    /// <param name="code">The exit code.</param>
    public static void Now(int code)
    {
        if (OperatingSystem.IsWindows()) Environment.Exit(code);
        else ExitWithoutHandlers(code);
    }

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void ExitWithoutHandlers(int code);
}
