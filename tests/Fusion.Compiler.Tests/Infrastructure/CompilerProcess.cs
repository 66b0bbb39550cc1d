using System.Diagnostics;
using Fusion.Tests.Shared;

namespace Fusion.Compiler.Tests.Infrastructure;

/// <summary>fusionc as a process of its own.</summary>
internal sealed record CompilerProcess(int ExitCode, string Output, string Errors)
{
    private const string NvrtcVariable = "FUSION_NVRTC_PATH";

    /// <summary>Runs it to its end.</summary>
    public static CompilerProcess Run(string folder, string nvrtc, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", Command(arguments))
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[NvrtcVariable] = NvrtcUnderTest.Folder(nvrtc);
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(ProcessToEnd.Deadline))
        {
            process.Kill();
            throw new TimeoutException($"fusionc {string.Join(' ', arguments)} did not end: {output.Result}{errors.Result}");
        }

        return new CompilerProcess(process.ExitCode, output.Result, errors.Result);
    }

    /// <summary>Starts it in a project's folder, to be ended.</summary>
    public static ProcessToEnd StartToEnd(KernelProject project, string nvrtc, params string[] arguments) => new(
        project.Root, project.PathOf("log"), new Dictionary<string, string?> { [NvrtcVariable] = NvrtcUnderTest.Folder(nvrtc) },
        ["dotnet", .. Command(arguments)]);

    private static string[] Command(string[] arguments) => ["exec", typeof(Compilation).Assembly.Location, .. arguments];
}
