namespace Fusion.Cli.CommandLine;

/// <summary>The command line, or a file that it names, makes no sense.</summary>
internal sealed class UsageException(string message) : Exception(message)
{
    /// <summary>Whether it is the command line, which its help explains.</summary>
    public bool IsOfCommandLine { get; private init; }

    /// <summary>The command line makes no sense.</summary>
    public static UsageException OfCommandLine(string message) => new(message) { IsOfCommandLine = true };
}
