using System.Text;
using Fusion.Build.Contract;
using Fusion.Compiler.Caching;
using Fusion.Compiler.Headers;
using Fusion.Compiler.Images;
using Fusion.Compiler.Logs;
using Fusion.Compiler.Output;
using Fusion.Compiler.Precompiled;
using Fusion.Compiler.Sources;
using Fusion.Interop.Nvrtc;
using Fusion.Manifest;

namespace Fusion.Compiler.Jobs;

/// <summary>Gets the images of jobs: from an earlier run, the compile cache or NVRTC. For many threads at a time.</summary>
/// <param name="setup">What all jobs share.</param>
/// <param name="siblings">What the project's other output folders hold.</param>
/// <param name="cache">What earlier runs compiled, of whatever project; null to do without.</param>
/// <param name="precompiled">The headers that several jobs begin with.</param>
internal sealed class JobCompiler(JobSetup setup, SiblingImages siblings, JobCache? cache, PrecompiledHeaders precompiled)
{
    private static readonly string[] LinkOptions = ["rdc", "relocatable-device-code", "dc", "device-c"];

    private readonly JobStore store = new(setup.OutputDirectory, setup.Contents);

    /// <summary>Gets the images of a job.</summary>
    /// <exception cref="WriteException">An image or the record cannot be written.</exception>
    public JobResult Run(CompileJob job)
    {
        var key = setup.Key(job);
        if (!setup.KeepsRecords) return Compile(job, key);
        var (fresh, why) = store.Check(job, key);
        if (fresh is not null) return Known(job, fresh, JobOrigin.Fresh);
        store.Remove(job);
        if (siblings.TakeFresh(job, key) is not { } taken) return Compile(job, key) with { Why = why };
        store.Write(job, taken);
        return Known(job, taken, JobOrigin.Sibling) with { Why = why };
    }

    private JobResult Compile(CompileJob job, JobKey key)
    {
        if (setup.Contents.Get(job.Kernel.Source) is not { } source)
            return Failed(job, new Diagnostic(DiagnosticSeverity.Error, Codes.MissingSource, "The file disappeared during the build.", job.Kernel.Source));

        if (cache?.Find(job, source) is { } known) return Finish(job, key, known, []) with { Origin = JobOrigin.Cache };

        var watch = new InputWatch(setup.Contents, job.Kernel.Source, setup.NewSearch(job.Kernel));
        var code = setup.CodeOf(job.Kernel, source);
        string[] options = [.. setup.Options(job), .. setup.OptionsOf(job.Kernel, code)];
        using var run = NvrtcRun.Of(setup, job.Kernel, code, options, precompiled.For(job, options, watch));
        if (run.Result != NvrtcResult.Success)
        {
            var entries = new PtxasLocator(setup).Locate(job, code, NvrtcLog.Parse(run.Log));
            return new JobResult(job, Explained(code.Checks.Explain(code.Explain(Diagnostics(job, entries, run.Log, run.Result)), job.Kernel.Source), job.Kernel));
        }

        try
        {
            var headers = setup.IncludedBy(job.Kernel, run.Headers);
            precompiled.Learn(job, run, headers);
            var unsettled = watch.WhatChanged(headers);
            var output = Output(job, run, headers, out var twice);
            if (twice is not null) return Failed(job, twice);
            if (output.Ptx.Length == 0 || output.Cubin.Length == 0)
                return Failed(job, OtherOutput(job.Kernel, $"{setup.NvrtcName} gives no machine code or no PTX."));
            if (LineNames.AreMapped(job.Kernel.OwnOptions) && new LineNames(job.Kernel, setup.IncludeFolders(job.Kernel)).Apply(output.Ptx, output.Cubin) is var (ptx, cubin))
                output = output with { Ptx = ptx, Cubin = cubin };
            var done = Finish(job, key, output, unsettled);
            // Only what fusionc could read, and whose inputs were at rest, is of use to others: what NVRTC read and what fusionc
            // read must be the same.
            if (done is { Record: not null, Unsettled.Count: 0 }) cache?.Add(job, source, output);
            return done;
        }
        catch (NvrtcException e)
        {
            return Failed(job, OtherOutput(job.Kernel, e.Message));
        }
    }

    private static JobResult Known(CompileJob job, JobRecord record, JobOrigin origin) =>
        new(job, [.. record.Diagnostics.Select(d => d.ToDiagnostic())]) { Record = record, Origin = origin };

    private static CompileOutput Output(CompileJob job, NvrtcRun run, IncludedHeaders headers, out Diagnostic? twice)
    {
        var symbols = new Dictionary<string, string>(StringComparer.Ordinal);
        twice = null;
        foreach (var expression in job.Kernel.NameExpressions)
        {
            var symbol = run.Program.GetLoweredName(expression);
            if (!symbols.TryAdd(symbol, expression)) twice ??= NamedTwice(job.Kernel, symbols[symbol], expression);
        }

        return new CompileOutput(CallNumbers.FromZero(run.Program.GetPtx()), CallNumbers.FromZeroInCubin(run.Program.GetCubin()), symbols, run.Log, headers);
    }

    private JobResult Finish(CompileJob job, JobKey key, CompileOutput output, IReadOnlyList<string> unsettled)
    {
        var diagnostics = Diagnostics(job, NvrtcLog.Parse(output.Log), output.Log, NvrtcResult.Success);
        var inputs = output.Headers.Read.Prepend(job.Kernel.Source).Select(p => (Path: p, Content: setup.Contents.Get(p))).ToArray();
        ImageContent content;
        try
        {
            if (LinkCheck.Find(ImageKind.Cubin, output.Cubin) is { } unlinked) return Failed(job, NotLinked(job, unlinked));
            content = KernelReader.Read(
                Encoding.UTF8.GetString(output.Ptx), output.Cubin, [.. inputs.Select(i => i.Content?.Text ?? "").Distinct()], output.Symbols);
        }
        catch (InvalidDataException e)
        {
            return Failed(job, new Diagnostic(DiagnosticSeverity.Error, Codes.UnreadableImage,
                $"fusionc cannot read what {setup.NvrtcName} made for {job.Architecture}: {e.Message} Please report it, with the source.", job.Kernel.Source));
        }

        if (content.Ptx.Count == 0) diagnostics.Add(NoKernels(job.Kernel));
        if (setup.Contents.Get(job.Kernel.Source) is { } source && setup.CodeOf(job.Kernel, source) is { HasHostCode: true } code)
            diagnostics.Add(LeftOut(job.Kernel, code));

        var images = new List<RecordedImage>();
        if (job.WantsCubin) images.Add(Store(job.CubinFile, job.Architecture, output.Cubin, content, content.Cubin));
        if (job.WantsPtx) images.Add(Store(job.PtxFile, job.Architecture.AsVirtual, output.Ptx, content, content.Ptx));
        var record = new JobRecord
        {
            Key = key,
            Inputs = [.. inputs.Select(i => new RecordedFile(i.Path, i.Content?.Sha256 ?? ""))],
            Probes = [.. output.Headers.Probes.Select(RecordedProbe.From)],
            Images = images,
            Spills = [.. content.Spills.Select(one => new RecordedSpill(one.Kernel, one.Spill.FrameBytes, one.Spill.StoreBytes, one.Spill.LoadBytes))],
            Diagnostics = [.. diagnostics.Select(RecordedDiagnostic.From)],
        };
        if (setup.KeepsRecords && unsettled.Count == 0) store.Write(job, record);
        return new JobResult(job, diagnostics) { Record = record, Unsettled = unsettled };
    }

    private IReadOnlyList<Diagnostic> Explained(IReadOnlyList<Diagnostic> diagnostics, Kernel kernel)
    {
        var marked = ByteOrderMarks.Explain(MissingHeaders.Explain(diagnostics, setup.CcclPath.Length > 0), kernel.Source, setup.Contents);
        return HeadersOfTheSdk.AtTheKernel(HostCode.Explain(marked, setup.Contents), kernel, setup.FusionIncludePath, setup.Contents);
    }

    private List<Diagnostic> Diagnostics(CompileJob job, NvrtcLog parsed, string log, NvrtcResult result) =>
        LibraryWarnings.LeaveOut(
            LogDiagnostics.From(parsed, log, result, setup.Toolchain.Library.NameOf(result), job.Kernel, setup.NvrtcName), setup.CcclPath);

    private RecordedImage Store(string file, GpuArchitecture architecture, byte[] bytes, ImageContent content, IReadOnlyList<KernelEntry> kernels)
    {
        AtomicFile.Write(Path.Combine(setup.OutputDirectory, file), bytes);
        return new RecordedImage(file, new KernelImage
        {
            Resource = KernelManifest.ResourcePrefix + file,
            Kind = architecture.Kind,
            Architecture = architecture.ToString(),
            Bytes = bytes.Length,
            Sha256 = Hash.Of(bytes),
            PtxVersion = content.PtxVersion,
            Kernels = kernels,
            Variables = content.Variables,
        });
    }

    private static Diagnostic NoKernels(Kernel kernel) => new(DiagnosticSeverity.Warning, Codes.NoKernels,
        "The file has no kernel, so its images are empty. Expected a __global__ function; a template needs its instantiations in NameExpressions"
        + $"{(kernel.NameExpressions.Count > 0 ? ", which name something else here" : "")}. A file that others include is named .cuh.", kernel.Source);

    private static Diagnostic LeftOut(Kernel kernel, KernelCode code) => new(DiagnosticSeverity.Message, "",
        $"Code for the host was left out: {(code.Lines.All(char.IsDigit) ? "line" : "lines")} {code.Lines}. Set HostCode to Error to be told where a file has some.",
        kernel.Source, code.LeftOut[0].First);

    private static Diagnostic NamedTwice(Kernel kernel, string first, string second) => new(DiagnosticSeverity.Error, Codes.NameExpression,
        $"The name expressions '{first}' and '{second}' name the same kernel, which can have one name only. Remove one of them from NameExpressions.",
        kernel.Source);

    private static Diagnostic OtherOutput(Kernel kernel, string found) => new(DiagnosticSeverity.Error, Codes.RefusedOption,
        $"{found} An option in {kernel.Metadata.NameOf(nameof(kernel.AdditionalOptions))} asks for another kind of output: remove it. They are: "
        + string.Join(' ', kernel.AdditionalOptions), kernel.Metadata.PlaceOf([nameof(kernel.AdditionalOptions)]));

    private static Diagnostic NotLinked(CompileJob job, UnlinkedImage image)
    {
        var options = job.Kernel.AdditionalOptions;
        var asking = options.FirstOrDefault(option => LinkOptions.Contains(option.Split('=')[0].TrimStart('-')));
        var reason = asking is not null
            ? $"'{asking}' in AdditionalOptions asks for that. Remove it"
            : $"An option in AdditionalOptions asks for that: {string.Join(' ', options)}. Remove it";
        var need = image.LaunchesKernels
            ? ". A kernel that launches kernels (dynamic parallelism) needs CUDA's device runtime, which the SDK does not have: launch them from C#."
            : image.Undefined.Count > 0 ? ", and define what is missing in the same file or in a header that it includes." : ".";
        return new Diagnostic(DiagnosticSeverity.Error, Codes.UnlinkedImage,
            $"The image for {job.Architecture} would have to be linked before a GPU can run it, and the SDK does not link: {image}. {reason}{need}",
            job.Kernel.Source);
    }

    private static JobResult Failed(CompileJob job, Diagnostic diagnostic) => new(job, [diagnostic]);
}
