using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Fusion.Cli.CommandLine;

/// <summary>Prints the help, followed by examples and the meaning of the exit codes.</summary>
internal sealed class HelpWithExitCodes(HelpAction help) : SynchronousCommandLineAction
{
    private const string Codes = """
        Exit code: 0 if all is well, 1 if a call is refused, a problem was found or two builds differ, 2 for a command line that
        makes no sense, or if a file or the output cannot be read or written.
        fusion run ends with the exit code of the first rank that failed, 128 and the signal's number if a signal ended it.
        """;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        var result = help.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        output.WriteLine(Examples.Of(parseResult.CommandResult.Command));
        output.WriteLine();
        output.WriteLine(Codes);
        return result;
    }
}
