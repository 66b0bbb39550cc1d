using System.Text.Json;
using Fusion.Build.Contract;
using Fusion.Compiler.Headers;
using Fusion.Compiler.Output;

namespace Fusion.Compiler.Jobs;

/// <summary>The records of finished jobs.</summary>
internal sealed class JobStore(string folder, FileContents contents)
{
    /// <summary>The record of a job that need not run.</summary>
    /// <returns>Null if it must run.</returns>
    public JobRecord? FindFresh(CompileJob job, string key) =>
        Read(job) is { } record && record.Key == key && InputsAreSame(record) && record.Images.All(IsWhole) ? record : null;

    /// <summary>Forgets a job before its images are written: until its new record is there, it counts as not done.</summary>
    public void Forget(CompileJob job) => AtomicFile.Delete(Full(job.RecordFile));

    /// <summary>Remembers a finished job.</summary>
    public void Write(CompileJob job, JobRecord record) =>
        AtomicFile.Write(Full(job.RecordFile), JsonSerializer.SerializeToUtf8Bytes(record, JobRecordJson.Default.JobRecord));

    private JobRecord? Read(CompileJob job)
    {
        try
        {
            return File.Exists(Full(job.RecordFile))
                ? JsonSerializer.Deserialize(File.ReadAllBytes(Full(job.RecordFile)), JobRecordJson.Default.JobRecord)
                : null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            // Whatever it was, it is no reason not to compile.
            return null;
        }
    }

    private bool InputsAreSame(JobRecord record) =>
        record.Inputs.All(i => contents.Get(i.Path)?.Sha256 == i.Sha256) && record.Probes.All(p => contents.Presence(p.Path).Held == p.Held);

    private bool IsWhole(RecordedImage image)
    {
        var file = new FileInfo(Full(image.File));
        return file.Exists && file.Length == image.Image.Bytes && Hash.OfFile(file.FullName) == image.Image.Sha256;
    }

    private string Full(string file) => Path.Combine(folder, file);
}
