using System.Text.Json;
using Fusion.Build.Contract;
using Fusion.Compiler.Headers;
using Fusion.Compiler.Output;

namespace Fusion.Compiler.Jobs;

/// <summary>Whether a job must run.</summary>
/// <param name="Fresh">The record of the run that did it; null if it must run again.</param>
/// <param name="Why">Why it must: <c>source changed</c>; empty if it need not.</param>
internal readonly record struct Freshness(JobRecord? Fresh, string Why);

/// <summary>The records of finished jobs.</summary>
internal sealed class JobStore(string folder, FileContents contents)
{
    /// <summary>Whether a job's images are there, and are what a compilation would make now.</summary>
    public Freshness Check(CompileJob job, JobKey key)
    {
        if (Read(job) is { } record) return WhyStale(job.Kernel, record, key) is { } why ? new Freshness(null, why) : new Freshness(record, "");
        var wasCompiled = File.Exists(FullPath(job.CubinFile)) || File.Exists(FullPath(job.PtxFile));
        return new Freshness(null, wasCompiled ? "the last compilation did not finish" : "new");
    }

    /// <summary>Removes a job's record before its images are written: until its new record is there, it counts as not done.
    /// </summary>
    public void Remove(CompileJob job) => AtomicFile.Delete(FullPath(job.RecordFile));

    /// <summary>Writes the record of a finished job.</summary>
    public void Write(CompileJob job, JobRecord record) =>
        AtomicFile.Write(FullPath(job.RecordFile), JsonSerializer.SerializeToUtf8Bytes(record, JobRecordJson.Default.JobRecord));

    private JobRecord? Read(CompileJob job)
    {
        try
        {
            return File.Exists(FullPath(job.RecordFile))
                ? JsonSerializer.Deserialize(File.ReadAllBytes(FullPath(job.RecordFile)), JobRecordJson.Default.JobRecord)
                : null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            // Whatever it was, it is no reason not to compile.
            return null;
        }
    }

    private string? WhyStale(Kernel kernel, JobRecord record, JobKey key)
    {
        if (record.Key.Compiler != key.Compiler) return "another version of Fusion.Sdk";
        if (record.Key.Nvrtc != key.Nvrtc) return "another NVRTC";
        if (record.Key != key) return "options changed";
        foreach (var input in record.Inputs)
        {
            var content = contents.Get(input.Path);
            if (content?.Sha256 == input.Sha256) continue;
            var what = input.Path == kernel.Source ? "source" : $"header {kernel.InProject(input.Path)}";
            return content is null ? $"{what} is gone" : $"{what} changed";
        }

        var probe = record.Probes.FirstOrDefault(probe => contents.Presence(probe.Path).Held != probe.Held);
        if (probe is not null)
            return $"header {kernel.InProject(probe.Path)} {(contents.Presence(probe.Path).Held == FileStamp.Nothing ? "is gone" : "appeared")}";
        return record.Images.FirstOrDefault(image => !IsWhole(image)) is { } image ? $"image {image.File} is missing or was changed" : null;
    }

    private bool IsWhole(RecordedImage image)
    {
        var file = new FileInfo(FullPath(image.File));
        return file.Exists && file.Length == image.Image.Bytes && Hash.OfFile(file.FullName) == image.Image.Sha256;
    }

    private string FullPath(string file) => Path.Combine(folder, file);
}
