using System.Runtime.InteropServices;

namespace Fusion.Cli.Running;

/// <summary>What libc does with processes and .NET does not.</summary>
internal static partial class UnixProcesses
{
    public const int SigHup = 1;
    public const int SigInt = 2;
    public const int SigQuit = 3;
    public const int SigKill = 9;
    public const int SigPipe = 13;
    public const int SigTerm = 15;
    public const int SigCont = 18;

    /// <summary>Option of <see cref="ProcessControl"/>: signal that this process gets when the thread that started it ends.</summary>
    public const int ParentDeathSignal = 1;

    /// <summary>Name of a signal: SIGKILL; of one that programs seldom die of, its number.</summary>
    /// <param name="signal">Number of the signal.</param>
    public static string Name(int signal) => signal switch
    {
        SigHup => "SIGHUP",
        SigInt => "SIGINT",
        SigQuit => "SIGQUIT",
        4 => "SIGILL",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        SigKill => "SIGKILL",
        11 => "SIGSEGV",
        SigPipe => "SIGPIPE",
        SigTerm => "SIGTERM",
        _ => $"signal {signal}",
    };

    /// <summary>Sends a signal to a process or, for a negative number, to the processes of a group.</summary>
    /// <returns>0, or -1 if there is none.</returns>
    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int process, int signal);

    /// <summary>Makes this process the first of a new session and group.</summary>
    [LibraryImport("libc", EntryPoint = "setsid")]
    public static partial int SetSession();

    /// <summary>Number of the process that started this one, or of the one that took it over.</summary>
    [LibraryImport("libc", EntryPoint = "getppid")]
    public static partial int Parent();

    /// <summary>Sets a property of this process, which the program that takes its place keeps.</summary>
    [LibraryImport("libc", EntryPoint = "prctl")]
    public static partial int ProcessControl(int option, nuint value, nuint third = 0, nuint fourth = 0, nuint fifth = 0);

    /// <summary>Sets what a signal does; 0 is the default.</summary>
    [LibraryImport("libc", EntryPoint = "signal")]
    public static partial nint SetSignal(int signal, nint handler);

    /// <summary>Removes a variable from the environment that the next program gets.</summary>
    [LibraryImport("libc", EntryPoint = "unsetenv", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Unset(string name);

    /// <summary>Puts a program in the place of this one. Returns only if that failed.</summary>
    /// <param name="program">Path of the program, or its name in a folder of PATH.</param>
    /// <param name="arguments">Its arguments from its own name on, and null behind them.</param>
    [LibraryImport("libc", EntryPoint = "execvp", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Execute(string program, string?[] arguments);
}
