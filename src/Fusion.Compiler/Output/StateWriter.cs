using Fusion.Build.Contract;
using Fusion.Compiler.Jobs;
using Fusion.Manifest;

namespace Fusion.Compiler.Output;

/// <summary>Writes what lets the next build see that there is nothing to do.</summary>
internal static class StateWriter
{
    /// <summary>Writes the state of a successful run.</summary>
    /// <param name="request">What was asked.</param>
    /// <param name="requestHash">Its hash as it came.</param>
    /// <param name="results">What was done.</param>
    /// <param name="stored">How the images are stored.</param>
    /// <param name="more">What it depended on beside the jobs' files: for the choice of NVRTC, and for the list of sources.</param>
    /// <param name="variables">Environment variables that it depended on.</param>
    /// <param name="warnings">What is to be said again.</param>
    /// <exception cref="WriteException">It cannot be written.</exception>
    public static void Write(
        CompileRequest request, string requestHash, IReadOnlyList<JobResult> results, StoredImages stored,
        IEnumerable<FileStamp> more, IEnumerable<KeyValuePair<string, string>> variables, IEnumerable<Diagnostic> warnings)
    {
        var records = results.Select(r => r.Record!).ToArray();
        var state = new BuildState { RequestHash = requestHash };
        foreach (var variable in variables) state.Variables[variable.Key] = variable.Value;
        var read = records.SelectMany(r => r.Inputs).DistinctBy(i => i.Path, StringComparer.Ordinal).OrderBy(i => i.Path, StringComparer.Ordinal).ToArray();
        state.Inputs.AddRange(read.Select(i => FileStamp.OfContent(i.Path, i.Sha256)));
        var sources = results.Select(r => r.Job.Kernel.Source).ToHashSet(StringComparer.Ordinal);
        state.Watched.AddRange(read.SelectMany(i => Watched(i.Path)).Distinct(StringComparer.Ordinal).Where(path => !sources.Contains(path)));
        state.Inputs.AddRange(records.SelectMany(r => r.Probes).Distinct().Select(p => p.ToStamp()));
        state.Inputs.AddRange(results.SelectMany(r => r.Unsettled).Distinct(StringComparer.Ordinal).Select(FileStamp.Unsettled));
        state.Inputs.AddRange(results.SelectMany(r => r.Job.Kernel.IncludePaths).Distinct(StringComparer.Ordinal)
            .Where(p => !Directory.Exists(p)).Select(FileStamp.OfPresence));
        // A header that is only looked for by a job may be read for the list of sources: both are to be as they were.
        var known = state.Inputs.Select(input => (input.Path, input.Held)).ToHashSet();
        state.Inputs.AddRange(more.Where(stamp => known.Add((stamp.Path, stamp.Held))));
        if (typeof(StateWriter).Assembly.Location is { Length: > 0 } compiler) state.Inputs.Add(FileStamp.OfContent(compiler));

        var manifest = Path.Combine(request.OutputDirectory, ManifestWriter.FileName);
        state.Outputs.Add(new(FileStamp.OfContent(manifest), KernelManifest.ResourceName));
        state.Outputs.AddRange(stored.All.Select(s => KeyValuePair.Create(
            FileStamp.OfContent(Path.Combine(request.OutputDirectory, s.File), s.Sha256), s.Image.Resource)));
        // An image that somebody deletes or changes is made again, also where another file is embedded in its place.
        state.Inputs.AddRange(records.SelectMany(r => r.Images).Where(i => stored.Of(i).File != i.File)
            .Select(i => FileStamp.OfContent(Path.Combine(request.OutputDirectory, i.File), i.Image.Sha256)));
        state.Diagnostics.AddRange(warnings);
        AtomicFile.Write(request.StateFile, state);
    }

    // An editor's watch on a link sees no change of the file that it leads to, and .. in a path is not how it calls the file.
    private static IEnumerable<string> Watched(string path)
    {
        if (!PhysicalPath.HasParent(path)) yield return path;
        if (PhysicalPath.Target(path) is { } target && target != path) yield return target;
    }
}
