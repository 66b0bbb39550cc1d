namespace Fusion.Cli.CommandLine;

/// <summary>What the tool's exit codes mean.</summary>
internal static class ExitCodes
{
    /// <summary>All is well.</summary>
    public const int Success = 0;

    /// <summary>A call is refused, a problem was found, or two builds differ; the output says which.</summary>
    public const int Problem = 1;

    /// <summary>The command line, or a file that it names, makes no sense, or output cannot be written; standard error says
    /// why.</summary>
    public const int Usage = 2;
}

/// <summary>The command line, or a file that it names, makes no sense.</summary>
internal sealed class UsageException(string message) : Exception(message)
{
    /// <summary>Whether it is the command line, which its help explains.</summary>
    public bool IsOfCommandLine { get; private init; }

    /// <summary>The command line makes no sense.</summary>
    public static UsageException OfCommandLine(string message) => new(message) { IsOfCommandLine = true };
}
