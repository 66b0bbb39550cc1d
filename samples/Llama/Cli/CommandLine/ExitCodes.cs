namespace Llama.Cli.CommandLine;

/// <summary>Exit codes of the program.</summary>
internal static class ExitCodes
{
    /// <summary>All went well.</summary>
    public const int Success = 0;

    /// <summary>The model failed, or a request cannot be done.</summary>
    public const int Problem = 1;

    /// <summary>The command line, or a file that it names, is wrong.</summary>
    public const int Usage = 2;

    /// <summary>Ctrl+C ended the program, as shells expect it.</summary>
    public const int Interrupted = 130;
}

/// <summary>The command line asks for something that is not there, or makes no sense.</summary>
/// <param name="message">What was asked for, what there is.</param>
/// <param name="inner">What it was found by; null for nothing else.</param>
internal sealed class UsageException(string message, Exception? inner = null) : Exception(message, inner);
