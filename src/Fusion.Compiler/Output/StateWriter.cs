using Fusion.Build.Contract;
using Fusion.Compiler.Headers;
using Fusion.Compiler.Jobs;
using Fusion.Compiler.Nvrtc;
using Fusion.Manifest;

namespace Fusion.Compiler.Output;

/// <summary>Writes what lets the next build see that there is nothing to do.</summary>
internal static class StateWriter
{
    private const long NeverCurrent = -3;

    /// <summary>Writes the state of a successful run.</summary>
    /// <param name="request">What was asked.</param>
    /// <param name="requestHash">Its hash as it came.</param>
    /// <param name="results">What was done.</param>
    /// <param name="stored">How the images are stored.</param>
    /// <param name="contents">The inputs as they were read.</param>
    /// <param name="consulted">What the choice of NVRTC depended on.</param>
    /// <param name="warnings">What is to be said again.</param>
    /// <exception cref="WriteException">It cannot be written.</exception>
    public static void Write(
        CompileRequest request, string requestHash, IReadOnlyList<JobResult> results, StoredImages stored, FileContents contents,
        Consulted consulted, IEnumerable<Diagnostic> warnings)
    {
        var records = results.Select(r => r.Record!).ToArray();
        var state = new BuildState { RequestHash = requestHash };
        foreach (var variable in consulted.Variables) state.Variables[variable.Key] = variable.Value;
        state.Inputs.AddRange(records.SelectMany(r => r.Inputs).Select(i => i.Path).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Select(p => contents.Get(p)?.Stamp ?? FileStamp.Of(p)));
        state.Inputs.AddRange(records.SelectMany(r => r.Vain).Distinct(StringComparer.Ordinal).Select(FileStamp.Of));
        state.Inputs.AddRange(results.SelectMany(r => r.Unsettled).Distinct(StringComparer.Ordinal)
            .Select(p => new FileStamp(p, NeverCurrent, 0, "")));
        state.Inputs.AddRange(results.SelectMany(r => r.Job.Kernel.IncludePaths).Distinct(StringComparer.Ordinal)
            .Where(p => !Directory.Exists(p)).Select(FileStamp.Of));
        state.Inputs.AddRange(consulted.Stamps);
        if (typeof(StateWriter).Assembly.Location is { Length: > 0 } compiler) state.Inputs.Add(FileStamp.Of(compiler));

        var manifest = Path.Combine(request.OutputDirectory, ManifestWriter.FileName);
        state.Outputs.Add(new(FileStamp.Of(manifest, Hash.OfFile(manifest)), KernelManifest.ResourceName));
        state.Outputs.AddRange(stored.All.Select(s => KeyValuePair.Create(
            FileStamp.Of(Path.Combine(request.OutputDirectory, s.File), s.Sha256), s.Image.Resource)));
        // An image that somebody deletes or changes is made again, also where another file is embedded in its place.
        state.Inputs.AddRange(records.SelectMany(r => r.Images).Where(i => stored.Of(i).File != i.File)
            .Select(i => FileStamp.Of(Path.Combine(request.OutputDirectory, i.File), i.Image.Sha256)));
        state.Diagnostics.AddRange(warnings);
        try
        {
            state.Write(request.StateFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new WriteException(request.StateFile, e);
        }
    }
}
