using Fusion.Build.Contract;
using Fusion.Compiler.Headers;
using Fusion.Compiler.Jobs;
using Fusion.Compiler.Launchers;
using Fusion.Compiler.Nvrtc;
using Fusion.Compiler.Prebuilt;
using Fusion.Compiler.Reporting;

namespace Fusion.Compiler.Output;

/// <summary>What a run leaves in the output folder beside the images, once all jobs are done.</summary>
/// <param name="request">What the project asks for.</param>
/// <param name="policy">What to do with the output folder.</param>
/// <param name="contents">Reads sources and headers.</param>
/// <param name="log">Gets every diagnostic.</param>
internal sealed class RunOutput(CompileRequest request, OutputPolicy policy, FileContents contents, RunLog log)
{
    /// <summary>Reports what the jobs found, and whether launchers look for kernels that are not there.</summary>
    /// <param name="results">The jobs.</param>
    /// <param name="generated">The kernels that fusionc wrote itself, which have no launchers.</param>
    /// <returns>Whether all is well, so that the output can be written.</returns>
    public bool Check(JobResult[] results, IReadOnlyList<KernelRequest> generated)
    {
        log.Report(results);
        if (log.HasFailed) return false;
        foreach (var spill in SpillReport.Of(results))
        {
            if (spill.Severity == DiagnosticSeverity.Warning) log.Report(spill);
            else log.ReportAlways(spill);
        }

        if (!request.ChecksLaunchers) return true;
        foreach (var jobs in results.GroupBy(result => result.Job.Kernel).Where(jobs => !generated.Any(one => one.Source == jobs.Key.Source)))
        {
            var compiled = jobs.SelectMany(result => result.Record!.Images).SelectMany(image => image.Image.Kernels)
                .DistinctBy(kernel => kernel.Name).ToArray();
            var text = contents.Get(jobs.Key.Source)?.Text ?? "";
            var headers = LauncherHeaders.Read(jobs.Key.Source, jobs.Key.OwnFolders, contents).Texts;
            foreach (var missing in LauncherAgreement.WhatIsMissing(jobs.Key, text, headers, compiled)) log.Report(missing);
        }

        return !log.HasFailed;
    }

    /// <summary>Writes manifest, list of sources and state, as far as the policy goes, and removes what no job made.</summary>
    /// <param name="finished">The jobs.</param>
    /// <param name="generated">The kernels that fusionc wrote itself.</param>
    /// <param name="requestHash">Hash of the request as it came.</param>
    /// <param name="machine">What the choice of NVRTC depended on.</param>
    /// <exception cref="WriteException">A file cannot be written.</exception>
    public void Write(FinishedJobs finished, IReadOnlyList<KernelRequest> generated, string requestHash, TrackedMachine machine)
    {
        if (policy == OutputPolicy.Images) return;
        var results = finished.Results;
        var stored = StoredImages.Of(results, request.OutputDirectory, request.Compress && policy == OutputPolicy.Project);
        var manifest = Path.Combine(request.OutputDirectory, ManifestWriter.FileName);
        AtomicFile.Write(manifest, ManifestWriter.Create(results, stored, finished.Nvrtc, request.SdkVersion).ToJson());
        if (policy != OutputPolicy.Project) return;

        var listed = new SourcesWriter(request.FusionIncludePath, [finished.ToolkitHeaders ?? "", request.CcclPath], contents).Write(results, request.OutputDirectory);
        var keep = results.SelectMany(result => result.Record!.Images.Select(image => image.File).Append(result.Job.RecordFile))
            .Concat(stored.All.Select(image => image.File))
            .Select(file => Path.GetFullPath(file, request.OutputDirectory)).Append(manifest)
            .Append(Path.Combine(request.OutputDirectory, KernelSources.FileName))
            .Concat(generated.Select(kernel => kernel.Source)).ToHashSet(StringComparer.Ordinal);
        OutputFolder.RemoveAllBut(request.OutputDirectory, keep);
        RepeatLater(finished);
        StateWriter.Write(request, requestHash, results, stored, [.. machine.Stamps, .. listed], machine.Variables, log.Repeated);
    }

    private void RepeatLater(FinishedJobs finished)
    {
        foreach (var kernel in finished.Results.GroupBy(result => result.Job.Kernel))
        {
            log.RepeatLater(KernelProgress.NextTime(kernel));
            if (finished.OptionsOf is not { } options) continue;
            foreach (var result in kernel) log.RepeatLater(KernelProgress.OptionsOf(result.Job, options(result.Job)));
        }
    }
}
