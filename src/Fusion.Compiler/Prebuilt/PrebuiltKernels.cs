using Fusion.Build.Contract;
using Fusion.Compiler.Headers;
using Fusion.Compiler.Images;
using Fusion.Compiler.Jobs;
using Fusion.Compiler.Nvrtc;
using Fusion.Compiler.Output;
using Fusion.Compiler.Reporting;
using Fusion.Manifest;

namespace Fusion.Compiler.Prebuilt;

/// <summary>Takes images that were made elsewhere in the place of compiling, after a look at whether they are what compiling
/// would make.</summary>
/// <param name="folder">The folder.</param>
/// <param name="request">What the project asks for.</param>
/// <param name="contents">Reads sources and headers.</param>
/// <param name="machine">Remembers what was looked at, so that another folder's content is seen by the next build.</param>
internal sealed class PrebuiltKernels(PrebuiltFolder folder, CompileRequest request, FileContents contents, TrackedMachine machine)
{
    /// <summary>Takes the images of all kernels from the folder that the project names.</summary>
    /// <param name="kernels">The kernels.</param>
    /// <param name="request">What the project asks for.</param>
    /// <param name="contents">Reads sources and headers.</param>
    /// <param name="machine">Remembers what was looked at, so that another folder's content is seen by the next build.</param>
    /// <param name="log">Gets every diagnostic.</param>
    /// <returns>Null if there is no such folder.</returns>
    /// <exception cref="WriteException">An image cannot be written.</exception>
    public static FinishedJobs? TakeAll(
        IReadOnlyList<Kernel> kernels, CompileRequest request, FileContents contents, TrackedMachine machine, RunLog log)
    {
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(request.PrebuiltPath, request.ProjectDirectory));
        machine.TrackContent(Path.Combine(path, ManifestWriter.FileName));
        machine.TrackContent(Path.Combine(path, KernelSources.FileName));
        if (PrebuiltFolder.Open(path, out var problem) is not { } folder)
        {
            log.Report(problem!);
            return null;
        }

        var prebuilt = new PrebuiltKernels(folder, request, contents, machine);
        JobResult[][] results = [.. kernels.Select(prebuilt.Take)];
        foreach (var kernel in results.Where(jobs => jobs.All(job => job.Record is not null))) log.Report(KernelProgress.NextTime(kernel));
        return new FinishedJobs([.. results.SelectMany(jobs => jobs)], Version.Parse(folder.Manifest.Nvrtc), ToolkitHeaders: null, OptionsOf: null,
            $"{results.Sum(jobs => jobs.Sum(job => job.Record?.Images.Count ?? 0))} prebuilt images, made by NVRTC {folder.Manifest.Nvrtc}, from '{path}'");
    }

    // A result for each chip; one that failed, with why, if the images cannot be used.
    private JobResult[] Take(Kernel kernel)
    {
        var search = ProjectHeaders.Of(kernel, request.FusionIncludePath, contents);
        var names = new PortableNames(kernel, request.FusionIncludePath);
        var module = folder.Manifest.Modules.FirstOrDefault(m => m.Name == kernel.Name);
        var made = folder.Sources.Kernels.FirstOrDefault(k => k.Name == kernel.Name);
        if (module is null || made is null) return Stale(kernel, "there is no kernel of that name");
        if (StaleCheck.WhatDiffers(kernel, made, search.Scan(kernel.Source), names, contents) is { } difference)
            return Stale(kernel, difference);

        var wanted = Wanted(kernel, made, module);
        if (wanted is null || wanted.FirstOrDefault(a => ImageOf(module, a) is null) is { Number: > 0 })
        {
            var images = string.Join(", ", module.Images.Select(i => i.Architecture));
            return Stale(kernel, $"they are for '{made.Architectures}' ({images}), and the project wants '{kernel.Architectures}'");
        }

        string[] inputs = [kernel.Source, .. made.Headers.Select(h => names.PathOf(h.Name)!)];
        return [.. CompileJob.Of(kernel, wanted).Select(job => Take(job, module, made, inputs, search.Probes(inputs)))];
    }

    // A word means what it meant where the images were made, if it is the same word.
    private static GpuArchitecture[]? Wanted(Kernel kernel, KernelSource made, KernelModule module)
    {
        var list = kernel.Architectures;
        if (!list.All && !list.AllMajor && !list.Native) return [.. list.Named];
        return made.Architectures == list.ToString()
            ? [.. module.Images.Select(i => GpuArchitecture.Parse(i.Architecture))]
            : null;
    }

    private static KernelImage? ImageOf(KernelModule module, GpuArchitecture architecture) =>
        module.Images.FirstOrDefault(image => image.Architecture == architecture.ToString());

    private JobResult Take(
        CompileJob job, KernelModule module, KernelSource made, IEnumerable<string> inputs, IReadOnlyList<FileStamp> probes)
    {
        var images = new List<RecordedImage>();
        foreach (var (file, architecture, isWanted) in new[]
        {
            (job.CubinFile, job.Architecture, job.WantsCubin), (job.PtxFile, job.Architecture.AsVirtual, job.WantsPtx),
        })
        {
            if (!isWanted) continue;
            var image = ImageOf(module, architecture)! with { Encoding = null, StoredBytes = null };
            if (Copy(file, image, made) is { } fault) return new JobResult(job, [Error(Codes.PrebuiltImage, job.Kernel, fault)]);
            images.Add(new RecordedImage(file, image));
        }

        var record = new JobRecord
        {
            Key = JobKey.None,
            Inputs = [.. inputs.Select(path => new RecordedFile(path, contents.Get(path)?.Sha256 ?? ""))],
            Probes = [.. probes.Select(RecordedProbe.From)],
            Images = images,
            Diagnostics = [],
        };
        return new JobResult(job, []) { Record = record, Origin = JobOrigin.Prebuilt };
    }

    private string? Copy(string file, KernelImage image, KernelSource made)
    {
        var path = Path.Combine(folder.Path, file);
        machine.TrackContent(path);
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"The prebuilt image '{path}' cannot be read: {e.Message}";
        }

        if (bytes.Length != image.Bytes || Hash.Of(bytes) != image.Sha256)
            return $"The prebuilt image '{path}' is not the one that the manifest beside it tells of: it was changed or cut off.";
        if (!made.Images.Contains(new MadeImage(image.Architecture, image.Sha256)))
        {
            return $"The prebuilt image '{path}' is not the one that {KernelSources.FileName} beside it tells of: it was made of another "
                + "source, in another export.";
        }

        if (WhyUnlinked(image.Kind, bytes) is { } unlinked)
            return $"The prebuilt image '{path}' cannot be loaded: {unlinked}.";
        AtomicFile.Write(Path.Combine(request.OutputDirectory, file), bytes);
        return null;
    }

    private static string? WhyUnlinked(ImageKind kind, byte[] image)
    {
        try
        {
            return LinkCheck.Find(kind, image)?.ToString();
        }
        catch (InvalidDataException e)
        {
            return e.Message;
        }
    }

    private JobResult[] Stale(Kernel kernel, string difference) =>
    [
        new JobResult(new CompileJob(kernel, default, false, false),
        [
            Error(Codes.StalePrebuilt, kernel,
                $"The prebuilt images of '{kernel.Name}' in '{folder.Path}' are not those of this project: {difference}."),
        ]),
    ];

    private static Diagnostic Error(string code, Kernel kernel, string found) => new(DiagnosticSeverity.Error, code,
        $"{found} Export them anew on a machine with NVRTC: dotnet build -t:FusionExportKernels -p:FusionExportPath=FOLDER. Or "
        + "leave FusionPrebuiltKernels empty to compile here.", kernel.Source);
}
