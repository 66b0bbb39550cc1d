using System.Text.Json;
using Fusion.Build.Contract;
using Fusion.Compiler.Headers;
using Fusion.Compiler.Jobs;
using Fusion.Compiler.Output;

namespace Fusion.Compiler.Prebuilt;

/// <summary>Notes what the images of a run were made of.</summary>
/// <param name="fusionIncludePath">Folder of the SDK's own headers; empty if there is none.</param>
/// <param name="foreignHeaders">Folders of headers that no other machine needs to have, NVRTC's own and a library's; one that is not there
/// is empty.</param>
/// <param name="contents">Reads sources and headers.</param>
internal sealed class SourcesWriter(string fusionIncludePath, IReadOnlyList<string> foreignHeaders, FileContents contents)
{
    private readonly Dictionary<string, FileStamp> stamps = new(StringComparer.Ordinal);

    /// <summary>Writes <see cref="KernelSources.FileName"/>.</summary>
    /// <param name="results">All jobs of the run, each with its record.</param>
    /// <param name="folder">The output folder.</param>
    /// <returns>What the file depends on beyond what the jobs read: headers in code that is switched off or only asked for, and where they
    /// were looked for.</returns>
    /// <exception cref="WriteException">It cannot be written.</exception>
    public IReadOnlyList<FileStamp> Write(IEnumerable<JobResult> results, string folder)
    {
        var sources = new KernelSources
        {
            Schema = KernelSources.CurrentSchema,
            Kernels =
            [
                .. results.GroupBy(r => r.Job.Kernel).Select(g => Of(g.Key, g)).OrderBy(k => k.Name, StringComparer.Ordinal),
            ],
        };
        var json = JsonSerializer.SerializeToUtf8Bytes(sources, KernelSourcesJson.Default.KernelSources);
        AtomicFile.Write(Path.Combine(folder, KernelSources.FileName), json);
        return [.. stamps.Values.OrderBy(stamp => stamp.Path, StringComparer.Ordinal)];
    }

    // What NVRTC read, and what the check can find without NVRTC: an #include in code that is switched off counts in both.
    private KernelSource Of(Kernel kernel, IEnumerable<JobResult> jobs)
    {
        var names = new PortableNames(kernel, fusionIncludePath);
        var records = jobs.Select(job => job.Record!).ToArray();
        var read = records.SelectMany(record => record.Inputs.Select(input => input.Path)).Where(path => path != kernel.Source);
        var search = ProjectHeaders.Of(kernel, fusionIncludePath, contents);
        var scanned = search.Scan(kernel.Source);
        foreach (var probe in search.Probes(scanned).Where(probe => !IsForeign(probe.Path))) stamps.TryAdd(probe.Path, probe);
        foreach (var path in scanned.Where(path => !IsForeign(path)))
        {
            if (contents.Get(path) is { } content) stamps[path] = FileStamp.OfContent(path, content.Sha256);
        }

        var headers = read.Concat(scanned).Where(path => !IsForeign(path)).Distinct(StringComparer.Ordinal);
        return new KernelSource
        {
            Name = kernel.Name,
            Sha256 = contents.Get(kernel.Source)?.Sha256 ?? "",
            Architectures = kernel.Architectures.ToString(),
            Options = kernel.OwnOptions,
            NameExpressions = kernel.NameExpressions,
            Headers = [.. headers.Select(path => new HeaderSource(names.Of(path), contents.Get(path)?.Sha256 ?? ""))
                .OrderBy(header => header.Name, StringComparer.Ordinal)],
            Images = [.. records.SelectMany(record => record.Images).Select(i => new MadeImage(i.Image.Architecture, i.Image.Sha256))
                .OrderBy(image => image.Architecture, StringComparer.Ordinal)],
        };
    }

    private bool IsForeign(string path) => foreignHeaders.Any(folder => folder.Length > 0 && path.StartsWith(folder, StringComparison.Ordinal));
}
