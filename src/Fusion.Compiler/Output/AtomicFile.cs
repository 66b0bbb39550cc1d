using System.Text;
using Fusion.Build.Contract;

namespace Fusion.Compiler.Output;

/// <summary>Writes files whole or not at all.</summary>
internal static class AtomicFile
{
    /// <summary>What the name of a file ends with while it is written.</summary>
    public const string PartSuffix = ".fusion-part";

    /// <summary>Writes a file. One that already has that content is left alone, with its time.</summary>
    /// <param name="path">Full path; folders on the way are made.</param>
    /// <param name="content">The content.</param>
    /// <exception cref="WriteException">It cannot be written.</exception>
    public static void Write(string path, byte[] content)
    {
        var part = path + PartSuffix;
        try
        {
            if (Has(path, content)) return;
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            Unfinished.Add(part);
            File.WriteAllBytes(part, content);
            File.Move(part, path, overwrite: true);
        }
        catch (Exception e) when (IsOfFile(e))
        {
            TryDelete(part);
            throw new WriteException(path, e);
        }
        finally
        {
            Unfinished.Remove(part);
        }
    }

    /// <summary>Writes a state.</summary>
    /// <param name="path">Full path; folders on the way are made.</param>
    /// <param name="state">The state.</param>
    /// <exception cref="WriteException">It cannot be written.</exception>
    public static void Write(string path, BuildState state) => Write(path, Encoding.UTF8.GetBytes(state.ToText()));

    /// <summary>Whether an exception is about the file and not about the program. .NET reports a file beyond <c>ulimit -f</c> as an
    /// argument out of range.</summary>
    public static bool IsOfFile(Exception e) => e is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException;

    /// <summary>Deletes a file, if that can be done.</summary>
    /// <returns>Whether it is gone.</returns>
    public static bool TryDelete(string path)
    {
        try
        {
            File.Delete(path);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Deletes a file if it is there.</summary>
    /// <exception cref="WriteException">It cannot be deleted.</exception>
    public static void Delete(string path)
    {
        try
        {
            if (File.Exists(path)) File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new WriteException(path, e);
        }
    }

    private static bool Has(string path, byte[] content) =>
        new FileInfo(path) is { Exists: true } file && file.Length == content.Length && File.ReadAllBytes(path).AsSpan().SequenceEqual(content);
}

/// <summary>A file of the output could not be written or deleted.</summary>
internal sealed class WriteException(string path, Exception inner) : Exception($"'{path}': {inner.Message}", inner)
{
    /// <summary>What to report.</summary>
    public Diagnostic ToDiagnostic() => new(DiagnosticSeverity.Error, Codes.Write,
        $"'{path}' could not be written: {InnerException!.Message} Check free space, permissions, and whether another program has it open.");
}
