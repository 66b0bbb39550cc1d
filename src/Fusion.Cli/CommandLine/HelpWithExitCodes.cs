using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Fusion.Cli.CommandLine;

/// <summary>Prints the help, followed by examples and the meaning of the exit codes.</summary>
internal sealed class HelpWithExitCodes(HelpAction help) : SynchronousCommandLineAction
{
    private const string More = """
        Examples:
          fusion plan --arch sm_90 --world-size 8 --tokens 128 --hidden 8192 --quant nvfp4
              how an all-reduce of this size is done, and why
          fusion graph layer.json --after --svg layer.svg
              which all-reduces of a graph are fused, how they run, and a picture
          fusion inspect bin/Release/net10.0/MyApp.dll
              the GPU kernels in an assembly: registers, memory, code
          fusion inspect --diff before/MyApp.dll after/MyApp.dll
              what differs between the kernels of two builds
          fusion doctor
              driver, GPUs, NVRTC: what is there, what is wrong, what to do

        Exit code: 0 if all is well, 1 if a call is refused, a problem was found or two builds differ, 2 for a command line that
        makes no sense, or if a file or the output cannot be read or written.
        """;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        var result = help.Invoke(parseResult);
        parseResult.InvocationConfiguration.Output.WriteLine(More);
        return result;
    }
}
