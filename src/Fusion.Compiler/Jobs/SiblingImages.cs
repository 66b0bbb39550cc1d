using Fusion.Compiler.Headers;
using Fusion.Compiler.Output;

namespace Fusion.Compiler.Jobs;

/// <summary>What the project's other target frameworks, runtimes and configurations compiled. Each has an output folder of its
/// own, so that none can change an image while another embeds it; equal jobs have equal images, so those are copied.</summary>
/// <param name="shared">The folder that holds all the output folders; empty if there is none.</param>
/// <param name="own">The output folder of this run.</param>
/// <param name="contents">Reads sources and headers.</param>
internal sealed class SiblingImages(string shared, string own, FileContents contents)
{
    private const string StatePattern = "fusion.state";

    private readonly Lazy<(string Folder, JobStore Store)[]> siblings = new(() => [.. Folders(shared)
        .Where(folder => folder != own).Select(folder => (folder, new JobStore(folder, contents)))]);

    /// <summary>Copies the images of a job that another output folder has, and that is still right.</summary>
    /// <returns>Its record; null if there is none.</returns>
    /// <exception cref="WriteException">An image cannot be written.</exception>
    public JobRecord? TakeFresh(CompileJob job, JobKey key)
    {
        foreach (var (folder, store) in siblings.Value)
        {
            if (Read(folder, store, job, key) is not { } found) continue;
            foreach (var (file, bytes) in found.Images) AtomicFile.Write(Path.Combine(own, file), bytes);
            return found.Record;
        }

        return null;
    }

    private static (JobRecord Record, (string File, byte[] Bytes)[] Images)? Read(
        string folder, JobStore store, CompileJob job, JobKey key)
    {
        try
        {
            return store.Check(job, key).Fresh is { } record
                ? (record, [.. record.Images.Select(i => (i.File, File.ReadAllBytes(Path.Combine(folder, i.File))))])
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Somebody cleans it just now.
            return null;
        }
    }

    // A folder without a state is of a run that never came to its end.
    private static IEnumerable<string> Folders(string shared) => shared.Length == 0 || !Directory.Exists(shared) ? [] : Directory
        .EnumerateFiles(shared, StatePattern, SearchOption.AllDirectories)
        .Select(state => Path.Combine(Path.GetDirectoryName(state)!, "fusion"))
        .Where(Directory.Exists)
        .Order(StringComparer.Ordinal);
}
