using Fusion.Compiler.Architectures;
using Fusion.Compiler.CommandLine;
using Fusion.Compiler.Nvrtc;
using Fusion.Manifest;

namespace Fusion.Cli.Doctor;

/// <summary>Looks at every NVRTC that fusionc's own search finds.</summary>
internal static class NvrtcExamination
{
    private const string Variable = "FUSION_NVRTC_PATH";

    /// <summary>Looks.</summary>
    /// <param name="gpus">The GPUs of this machine.</param>
    /// <param name="problems">Gets what is wrong with the search as a whole.</param>
    public static IReadOnlyList<NvrtcReport> All(IReadOnlyList<GpuReport> gpus, List<Finding> problems)
    {
        var required = new NvrtcRequirements([], SkipUnsupported: false, NamedPath: "", SdkFiles.FindNvrtcPack(), Environment.CurrentDirectory);
        var choice = Resolve(Machine.This, required);
        var reports = choice.Candidates.Where(IsThere)
            .Select(result => Report(result, result.Taken, result.Text, gpus)).ToList();
        if (choice.Error is { } error)
        {
            var message = error.Message.ReplaceLineEndings("\n").Split('\n')[0];
            problems.Add(new($"{error.Code}: {message}", "Kernels can be run here, but not built."));
        }

        if (!string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Variable)))
        {
            // A named NVRTC ends the search; who looks for a mistake wants to see the others too.
            var unnamed = Machine.This with { Variable = name => name == Variable ? null : Machine.This.Variable(name) };
            var others = Resolve(unnamed, required);
            reports.AddRange(others.Candidates.Where(IsThere)
                .Where(result => reports.All(r => r.Path != result.Probe.Path))
                .Select(result => Report(result, false,
                    result.Probe.Failure.Length > 0 ? result.Text : $"would do, but {Variable} names another", gpus)));
        }

        // The loader may give what a folder gave before.
        return [.. reports.DistinctBy(report => report.Path)];
    }

    private static NvrtcChoice Resolve(Machine machine, NvrtcRequirements required) =>
        new NvrtcResolver(new TrackedMachine(machine), NvrtcProbe.Of).Resolve(required, lookAtAll: true);

    // The loader is asked for every name that NVRTC has had; that it has none of that name is no finding.
    private static bool IsThere(CandidateResult result) => !(result.Probe.Version is null &&
        !Path.IsPathRooted(result.Probe.Path) &&
        result.Probe.Failure.Contains($"{result.Probe.Path}: cannot open shared object file", StringComparison.Ordinal));

    private static NvrtcReport Report(CandidateResult result, bool isUsed, string text, IReadOnlyList<GpuReport> gpus)
    {
        var probe = result.Probe;
        var works = probe.Failure.Length == 0;
        return new(
            probe.Path, result.Candidate.Origin, probe.Version?.ToString(), isUsed, works, text,
            [.. probe.Architectures.Select(number => $"sm_{number}")], works ? AdviceOn(probe, gpus) : AdviceOnBroken(probe));
    }

    private static string AdviceOnBroken(NvrtcProbe probe) => probe.Version is null
        ? "Remove it, or install it again: it must be a whole library for this processor, with all that it depends on."
        : $"Put the other library of NVRTC {probe.Version} beside it, from the same package, or remove it.";

    private static string? AdviceOn(NvrtcProbe probe, IReadOnlyList<GpuReport> gpus)
    {
        var lacks = gpus.Select(gpu => GpuArchitecture.Parse(gpu.Architecture)).Distinct()
            .Where(a => !SupportTable.Supports(probe.Version!, probe.Architectures, a)).ToList();
        return lacks.Count == 0 ? null : string.Join(" ", lacks.Select(a =>
            $"It makes no machine code for {a}, which is here: {SupportTable.WhichWouldDo(a)}; or give that GPU PTX."));
    }
}
