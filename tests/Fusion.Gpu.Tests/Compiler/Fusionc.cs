using CliWrap;
using CliWrap.Buffered;

namespace Fusion.Gpu.Tests.Compiler;

/// <summary>The compiler that was brought to this machine beside the tests.</summary>
internal static class Fusionc
{
    private const string Variable = "FUSION_BUNDLE_FUSIONC";

    /// <summary>Runs it; the test is ignored where there is none.</summary>
    public static Task<BufferedCommandResult> Run(params string[] arguments)
    {
        var path = Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrEmpty(path)) Assert.Ignore($"{Variable} names no fusionc");
        return Cli.Wrap(path!).WithArguments(arguments).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync();
    }

    /// <summary>Compiles the template's kernel.</summary>
    /// <param name="output">Folder for the images and their manifest.</param>
    /// <param name="architectures">What to compile for.</param>
    public static Task<BufferedCommandResult> CompileRmsNorm(string output, params string[] architectures)
    {
        var headers = Path.Combine(AppContext.BaseDirectory, "kernels", "cu");
        var source = Path.Combine(AppContext.BaseDirectory, "sources", "rms_norm.cu");
        var targets = architectures.SelectMany(architecture => new[] { "--arch", architecture });
        return Run([source, "-I", headers, "-o", output, "--manifest", .. targets]);
    }
}
