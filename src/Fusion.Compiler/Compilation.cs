using Fusion.Build.Contract;
using Fusion.Compiler.AllReduce;
using Fusion.Compiler.Headers;
using Fusion.Compiler.Jobs;
using Fusion.Compiler.Nvrtc;
using Fusion.Compiler.Output;
using Fusion.Compiler.Prebuilt;
using Fusion.Compiler.Reporting;

namespace Fusion.Compiler;

/// <summary>One run: from a request to images, manifest and state.</summary>
/// <param name="request">What is asked.</param>
/// <param name="policy">What to do with the output folder.</param>
/// <param name="print">Gets every diagnostic; may be called on any thread, one at a time.</param>
internal sealed class Compilation(CompileRequest request, OutputPolicy policy, Action<Diagnostic> print)
{
    private readonly RunLog log = new(print);
    private readonly string requestHash = Hash.Of(request.ToText());
    private bool hasWaited;

    /// <summary>The machine to look for NVRTC on.</summary>
    public Machine Machine { get; init; } = Machine.This;

    /// <summary>Whether NVRTC may be asked which headers it reads; otherwise <c>#include</c> lines are followed.</summary>
    public bool MayTrace { get; init; } = true;

    private string LockFile => request.SharedDirectory.Length > 0
        ? Path.Combine(request.SharedDirectory, "fusion.lock")
        : request.StateFile + ".lock";

    /// <summary>Compiles the request's kernels, or takes them from where they are. Sets the current folder of the process.</summary>
    /// <returns>Whether all kernels have their images.</returns>
    public bool Run()
    {
        request.ProjectDirectory = Path.TrimEndingDirectorySeparator(Path.GetFullPath(request.ProjectDirectory));
        request.OutputDirectory = Path.TrimEndingDirectorySeparator(Path.GetFullPath(request.OutputDirectory));
        try
        {
            if (policy != OutputPolicy.Project) return Compile();
            using var folderLock = OutputLock.Take(LockFile, ReportWait, out var problem);
            if (problem is not null) log.Report(problem);
            return folderLock is not null && (WasDoneByOther() || Compile());
        }
        catch (WriteException e)
        {
            log.Report(e.ToDiagnostic());
            return false;
        }
    }

    // What the other one compiled may be all that was to be done.
    private bool WasDoneByOther()
    {
        if (!hasWaited || BuildState.Read(request.StateFile) is not { } state || state.WhyStale(requestHash) is not null) return false;
        foreach (var diagnostic in state.Diagnostics) log.Report(diagnostic);
        log.Report(Message($"0 images compiled, {state.Outputs.Count - 1} up to date: the other fusionc compiled them."));
        return true;
    }

    private bool Compile()
    {
        if (policy == OutputPolicy.Project) OutputFolder.RemoveLeftovers(request.OutputDirectory);
        var generated = AllReduceSources.Write(request, log.Report);
        request.Kernels.AddRange(generated);
        var kernels = KernelReading.Read(request, log.Report);
        var machine = new TrackedMachine(Machine);
        var contents = new FileContents();
        if (request.PrebuiltPath.Length > 0)
        {
            if (PrebuiltKernels.TakeAll(kernels, request, contents, machine, log) is not { } taken) return false;
            return Finish(taken, generated, contents, machine);
        }

        var targets = new TargetChoice(request, machine, log.Report);
        if ((kernels.Count == 0 && log.HasFailed) || targets.Choose(kernels) is not { } chosen) return false;
        using var toolchain = Toolchain.Create(chosen.Nvrtc, chosen.IncludePath, MayTrace);
        var compiled = new ProjectJobs(request, policy, contents, machine, log).Run(kernels, chosen, toolchain);
        return Finish(compiled, generated, contents, machine);
    }

    private bool Finish(FinishedJobs finished, IReadOnlyList<KernelRequest> generated, FileContents contents, TrackedMachine machine)
    {
        var output = new RunOutput(request, policy, contents, log);
        if (!output.Check(finished.Results, generated)) return false;
        output.Write(finished, generated, requestHash, machine);
        log.Report(Message(finished.Summary));
        return true;
    }

    private void ReportWait()
    {
        hasWaited = true;
        log.Report(Message(
            $"Waiting for another fusionc that compiles kernels of this project and holds '{LockFile}'; what it compiles is used here too."));
    }

    private static Diagnostic Message(string text) => new(DiagnosticSeverity.Message, "", text);
}
