using System.Diagnostics;

namespace Fusion.Compiler.Tests.Infrastructure;

/// <summary>fusionc as a process of its own.</summary>
internal sealed record CompilerProcess(int ExitCode, string Output, string Errors)
{
    public static Process Start(string folder, string nvrtc, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", typeof(Compilation).Assembly.Location, .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["FUSION_NVRTC_PATH"] = NvrtcUnderTest.Folder(nvrtc);
        return Process.Start(start)!;
    }

    public static CompilerProcess Run(string folder, string nvrtc, params string[] arguments)
    {
        using var process = Start(folder, nvrtc, arguments);
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new CompilerProcess(process.ExitCode, output, errors.Result);
    }
}
