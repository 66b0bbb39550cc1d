namespace Fusion.Cli.CommandLine;

/// <summary>Exit codes of the tool.</summary>
internal static class ExitCodes
{
    /// <summary>The command succeeded and found no problem.</summary>
    public const int Success = 0;

    /// <summary>A call is refused, a problem was found, or two builds differ; the output says which.</summary>
    public const int Problem = 1;

    /// <summary>The command line, or a file that it names, is wrong, or output cannot be written; standard error says
    /// why.</summary>
    public const int Usage = 2;
}

/// <summary>The command line, or a file that it names, is wrong.</summary>
internal sealed class UsageException(string message) : Exception(message)
{
    /// <summary>Whether the fault is in the command line itself, which the help explains.</summary>
    public bool IsOfCommandLine { get; private init; }

    /// <summary>Makes the exception for a fault in the command line itself.</summary>
    public static UsageException OfCommandLine(string message) => new(message) { IsOfCommandLine = true };
}
