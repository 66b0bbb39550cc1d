using System.Diagnostics;

namespace Fusion.Cli.Tests.Running;

/// <summary>A line of a shell.</summary>
internal static class ShellOfATest
{
    public static (int Code, string Output, string Errors) Run(string line)
    {
        using var process = Process.Start(new ProcessStartInfo("sh", ["-c", line]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.Result);
    }
}
