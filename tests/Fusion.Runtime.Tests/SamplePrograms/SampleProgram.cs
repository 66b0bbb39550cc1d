using System.Diagnostics;

namespace Fusion.Runtime.Tests.SamplePrograms;

/// <summary>A sample, started as a user starts it.</summary>
internal static class SampleProgram
{
    private const int DeadlineMilliseconds = 120_000;

    /// <summary>Runs a sample to its end.</summary>
    /// <param name="name">Name of its project.</param>
    /// <param name="arguments">Arguments, with a blank between two of them.</param>
    /// <returns>Exit code, and output with errors behind it.</returns>
    public static (int ExitCode, string Output) Run(string name, string arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, name + ".dll");
        var start = new ProcessStartInfo("dotnet", ["exec", program, .. arguments.Split(' ')])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(DeadlineMilliseconds))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"it did not end: {output.Result}{errors.Result}");
        }

        return (process.ExitCode, (output.Result + errors.Result).ReplaceLineEndings("\n"));
    }
}
