using Fusion.Cli.CommandLine;

namespace Fusion.Cli.Output;

/// <summary>Files that a command line names.</summary>
internal static class OutputFile
{
    /// <summary>Does what writes a file.</summary>
    /// <param name="what">What is written, with its article.</param>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes it.</param>
    /// <exception cref="UsageException">It cannot be written.</exception>
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

    /// <summary>Whether an exception says that a file cannot be read or written, or that a path is none.</summary>
    public static bool IsOfFiles(Exception e) =>
        e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException;
}
