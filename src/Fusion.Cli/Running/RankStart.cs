using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Fusion.Cli.Running;

/// <summary>First steps of a rank's process: it becomes a group of its own, so that its children can be ended with it, asks to be
/// killed when <c>fusion run</c> ends, and makes room for the program.</summary>
internal static class RankStart
{
    /// <summary>First argument of the command line of this step, which is no command of users.</summary>
    public const string Word = "--start-rank";

    /// <summary>Exit code of a program that cannot be started, as shells have it.</summary>
    public const int NotStarted = 126;

    // .NET leaves files of its diagnostics in /tmp if another program takes its place.
    private const string Diagnostics = "DOTNET_EnableDiagnostics";
    private const string Restore = "unset";
    private const string Keep = "keep";

    /// <summary>Describes the process of a rank. It must be started by a thread that does not end before the rank.</summary>
    /// <param name="program">The program and its arguments.</param>
    public static ProcessStartInfo Describe(IReadOnlyList<string> program)
    {
        var start = new ProcessStartInfo { RedirectStandardOutput = true, RedirectStandardError = true };
        var self = Environment.ProcessPath!;
        start.FileName = self;
        if (Path.GetFileNameWithoutExtension(self) == "dotnet")
        {
            start.ArgumentList.Add("exec");
            start.ArgumentList.Add(typeof(RankStart).Assembly.Location);
        }

        var isOurs = start.Environment.TryAdd(Diagnostics, "0");
        string[] own = [Word, Environment.ProcessId.ToString(CultureInfo.InvariantCulture), isOurs ? Restore : Keep];
        foreach (var argument in own.Concat(program)) start.ArgumentList.Add(argument);
        return start;
    }

    /// <summary>Does the steps and runs the program, which takes the place of this one.</summary>
    /// <param name="arguments">Number of the process of <c>fusion run</c>, what becomes of a variable, and the program with its arguments.</param>
    /// <returns>Exit code if the program cannot be run.</returns>
    public static int Run(IReadOnlyList<string> arguments)
    {
        _ = UnixProcesses.SetSession();
        _ = UnixProcesses.ProcessControl(UnixProcesses.ParentDeathSignal, UnixProcesses.SigKill);
        // It may have ended before it could be asked for the signal.
        if (UnixProcesses.Parent().ToString(CultureInfo.InvariantCulture) != arguments[0]) return NotStarted;
        if (arguments[1] == Restore) _ = UnixProcesses.Unset(Diagnostics);
        // .NET ignores this signal, and what is ignored stays ignored.
        _ = UnixProcesses.SetSignal(UnixProcesses.SigPipe, 0);
        _ = UnixProcesses.Execute(arguments[2], [.. arguments.Skip(2), null]);
        Console.Error.WriteLine($"'{arguments[2]}' cannot be started: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        return NotStarted;
    }
}
