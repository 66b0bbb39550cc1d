using Fusion.Build.Contract;
using Fusion.Compiler.Architectures;
using Fusion.Compiler.Jobs;
using Fusion.Manifest;

namespace Fusion.Compiler.Nvrtc;

/// <summary>What to compile, for what, with which NVRTC.</summary>
/// <param name="Nvrtc">The NVRTC.</param>
/// <param name="IncludePath">Folder of NVRTC's headers; null if it has none.</param>
/// <param name="Jobs">The jobs, kernel by kernel.</param>
internal sealed record Targets(NvrtcProbe Nvrtc, string? IncludePath, IReadOnlyList<CompileJob> Jobs);

/// <summary>Settles NVRTC and architectures together: each depends on the other.</summary>
internal sealed class TargetChoice(CompileRequest request, TrackedMachine machine, Action<Diagnostic> report)
{
    /// <summary>Looks at libraries; tests look otherwise.</summary>
    public Func<string, NvrtcProbe> Probe { get; init; } = NvrtcProbe.Of;

    /// <summary>Finds the GPUs of this machine and says why there is none.</summary>
    public Func<(IReadOnlyList<ComputeCapability> Gpus, string Failure)> FindGpus { get; init; } =
        () => (LocalGpus.Find(out var failure), failure);

    /// <summary>Settles both, and reports why it cannot.</summary>
    /// <param name="kernels">The kernels.</param>
    /// <returns>Null if there is no NVRTC to use.</returns>
    public Targets? Choose(IReadOnlyList<Kernel> kernels)
    {
        IReadOnlyList<ComputeCapability> gpus = [];
        if (kernels.Any(k => k.Architectures.Native))
        {
            // Which GPUs a process sees is also up to this variable.
            machine.Variable("CUDA_VISIBLE_DEVICES");
            (gpus, var failure) = FindGpus();
            if (gpus.Count == 0)
            {
                report(NoGpu(failure));
                kernels = [.. kernels.Where(k => !k.Architectures.Native)];
                if (kernels.Count == 0) return null;
            }
        }

        var wanted = ArchitectureList.Canonical(kernels.SelectMany(k => k.Architectures.Expand([], gpus)));
        var choice = new NvrtcResolver(machine, Probe).Resolve(new NvrtcRequirements(
            wanted, request.SkipUnsupportedArchitectures, request.NvrtcPath, request.NvrtcPackPath, request.ProjectDirectory)
        {
            PrefersPack = request.PrefersNvrtcPack,
        });
        foreach (var line in choice.Candidates.Select(v => v.ToString()).Concat(choice.Remarks))
            report(new Diagnostic(DiagnosticSeverity.Detail, "", line));
        if (choice.Error is not null) report(choice.Error);
        if (choice.Taken is not { } nvrtc) return null;

        foreach (var architecture in wanted.Where(a => !Has(nvrtc, a)))
        {
            report(new Diagnostic(DiagnosticSeverity.Warning, Codes.SkippedArchitecture,
                $"{architecture} is passed over: {NvrtcResolver.DescribeUnsupported(nvrtc, architecture)}"));
        }

        return new Targets(nvrtc, choice.IncludePath, [.. kernels.SelectMany(k => JobsOf(k, nvrtc, gpus))]);
    }

    private IEnumerable<CompileJob> JobsOf(Kernel kernel, NvrtcProbe nvrtc, IReadOnlyList<ComputeCapability> gpus)
    {
        var architectures = kernel.Architectures.Expand(nvrtc.Architectures, gpus).Where(a => Has(nvrtc, a)).ToArray();
        if (architectures.Length == 0)
        {
            report(new Diagnostic(DiagnosticSeverity.Error, Codes.UnsupportedArchitecture,
                $"No architecture is left of '{kernel.Architectures}': NVRTC {nvrtc.Version} ('{nvrtc.Path}') has "
                + $"{NvrtcResolver.Range(nvrtc)}. Add one of these, or choose another NVRTC by FusionNvrtcPath.",
                kernel.Metadata.PlaceOf([nameof(kernel.Architectures)])));
        }

        return CompileJob.Of(kernel, architectures);
    }

    private static bool Has(NvrtcProbe nvrtc, GpuArchitecture architecture) =>
        SupportTable.Supports(nvrtc.Version!, nvrtc.Architectures, architecture);

    private static Diagnostic NoGpu(string failure) => new(DiagnosticSeverity.Error, Codes.NoGpu,
        $"The architectures have the word 'native', which stands for the GPUs of the machine that builds, but {failure}. Name "
        + "what the program shall run on instead, for example sm_80;sm_90a;compute_80, or all-major.");
}
