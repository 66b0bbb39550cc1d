using Fusion.Cli.CommandLine;

namespace Fusion.Cli.Output;

/// <summary>Writes files that a command line names.</summary>
internal static class OutputFile
{
    /// <summary>Runs an action that writes a file, and reports its failure as a <see cref="UsageException"/>.</summary>
    /// <param name="what">Name of what is written, with its article, for the message.</param>
    /// <param name="path">Path of the file.</param>
    /// <param name="write">Action that writes the file.</param>
    /// <exception cref="UsageException">The file cannot be written.</exception>
    public static void Write(string what, string path, Action<string> write)
    {
        try
        {
            write(path);
        }
        catch (Exception e) when (IsOfFiles(e))
        {
            throw new UsageException($"{what} cannot be written to '{path}': {e.Message}");
        }
    }

    /// <summary>Tells whether an exception means that a file cannot be read or written, or that a path is invalid.</summary>
    public static bool IsOfFiles(Exception e) =>
        e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException;
}
