namespace Fusion.Compiler.Output;

/// <summary>Temporary files and folders, so that a run that is ended from outside leaves none.</summary>
internal static class Unfinished
{
    private static readonly Lock Gate = new();
    private static readonly HashSet<string> Paths = new(StringComparer.Ordinal);

    /// <summary>Remembers a path before it is written.</summary>
    public static void Add(string path)
    {
        lock (Gate) Paths.Add(path);
    }

    /// <summary>Forgets a path that is finished or gone.</summary>
    public static void Remove(string path)
    {
        lock (Gate) Paths.Remove(path);
    }

    /// <summary>Removes all that is unfinished, then ends the process; no file is begun in between.</summary>
    /// <param name="end">Ends the process.</param>
    public static void RemoveAllAnd(Action end)
    {
        lock (Gate)
        {
            foreach (var path in Paths) TryDelete(path);
            end();
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
            else File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Nothing more can be done on the way out; the next run removes leftovers of the output folder.
            Console.Error.WriteLine($"'{path}' is left behind: {e.Message}");
        }
    }
}
