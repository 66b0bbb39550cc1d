using System.Runtime.InteropServices;
using Fusion.Compiler.Output;

namespace Fusion.Compiler.Jobs;

/// <summary>Ends the process in the middle of compilations.</summary>
internal static partial class ProcessEnd
{
    /// <summary>The exit code after Ctrl+C: 128 + SIGINT.</summary>
    public const int Interrupted = 130;

    /// <summary>Whether a compilation that was given up is still at work.</summary>
    public static volatile bool NvrtcIsBusy;

    /// <summary>Ends a program that came to its end, in the one way that its threads allow.</summary>
    /// <param name="code">The exit code.</param>
    /// <returns>The exit code, for <c>Main</c> to return.</returns>
    public static int At(int code)
    {
        if (!NvrtcIsBusy) return code;
        Console.Out.Flush();
        Console.Error.Flush();
        Unfinished.RemoveAllAnd(() => Now(code));
        return code;
    }

    /// <summary>Ends it at once. The exit handlers of NVRTC do not run: its threads are still at work and would crash.</summary>
    /// <param name="code">The exit code.</param>
    public static void Now(int code)
    {
        if (OperatingSystem.IsWindows()) TerminateProcess(ThisProcess, code);
        else ExitWithoutHandlers(code);
    }

    // What GetCurrentProcess of Windows returns.
    private static readonly nint ThisProcess = -1;

    [LibraryImport("kernel32")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool TerminateProcess(nint process, int code);

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void ExitWithoutHandlers(int code);
}
