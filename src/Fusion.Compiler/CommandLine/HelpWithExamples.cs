using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Fusion.Compiler.CommandLine;

/// <summary>The help with what most people look for in it: an example.</summary>
internal sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
{
    private const string Examples = """
        Examples:
          fusionc rms_norm.cu --arch sm_90a -o out
              machine code for Hopper: out/rms_norm.sm_90a.cubin
          fusionc rms_norm.cu --arch sm_80 --arch compute_80 -I include -D TILE=128 -o out
              machine code for Ampere, and PTX for all later GPUs
          fusionc scale.cu --arch sm_90 --name-expression 'scale<float>' --name-expression 'scale<double>'
              two instantiations of a kernel template
          fusionc --list-nvrtc
              where NVRTC is on this machine

        Exit code: 0 if all compiled, 1 if not, 2 for a command line that makes no sense.
        """;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        var result = help.Invoke(parseResult);
        parseResult.InvocationConfiguration.Output.WriteLine(Examples);
        return result;
    }
}
