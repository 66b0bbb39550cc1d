using System.Diagnostics;
using Fusion.Tests.Shared;

namespace Fusion.Compiler.Tests.Infrastructure;

/// <summary>fusionc as a process of its own.</summary>
internal sealed record CompilerProcess(int ExitCode, string Output, string Errors)
{
    private const string NvrtcVariable = "FUSION_NVRTC_PATH";

    /// <summary>Runs it to its end.</summary>
    public static CompilerProcess Run(string folder, string nvrtc, params string[] arguments) =>
        Run(folder, nvrtc, ["dotnet", .. Command(arguments)], []);

    /// <summary>Runs it where no file can grow beyond a size: a write then does what it does on a full disk, a part of it and no more.
    /// </summary>
    public static CompilerProcess RunWithSmallFiles(int kilobytes, string folder, string nvrtc, params string[] arguments) => Run(
        folder, nvrtc, ["bash", "-c", $"trap '' XFSZ; ulimit -f {kilobytes}; exec \"$@\"", "bash", "dotnet", .. Command(arguments)],
        // .NET makes a file of gigabytes for the code that it compiles, unless told otherwise.
        new Dictionary<string, string> { ["DOTNET_EnableWriteXorExecute"] = "0" });

    private static CompilerProcess Run(string folder, string nvrtc, string[] command, Dictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[NvrtcVariable] = NvrtcUnderTest.Folder(nvrtc);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(ProcessToEnd.Deadline))
        {
            process.Kill();
            throw new TimeoutException($"'{string.Join(' ', command)}' did not end: {output.Result}{errors.Result}");
        }

        return new CompilerProcess(process.ExitCode, output.Result, errors.Result);
    }

    /// <summary>Starts it in a project's folder, to be ended.</summary>
    public static ProcessToEnd StartToEnd(KernelProject project, string nvrtc, params string[] arguments) => new(
        project.Root, project.PathOf("log"), new Dictionary<string, string?> { [NvrtcVariable] = NvrtcUnderTest.Folder(nvrtc) },
        ["dotnet", .. Command(arguments)]);

    private static string[] Command(string[] arguments) => ["exec", typeof(Compilation).Assembly.Location, .. arguments];
}
