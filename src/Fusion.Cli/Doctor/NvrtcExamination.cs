using Fusion.Compiler.Architectures;
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
        var wish = new NvrtcWish([], SkipUnsupported: false, NamedPath: "", NvrtcPack.Find(), Environment.CurrentDirectory);
        var choice = Resolve(Machine.This, wish);
        var reports = choice.Verdicts.Where(IsThere)
            .Select(verdict => Report(verdict, verdict.Taken, verdict.Text, gpus)).ToList();
        if (choice.Error is { } error)
        {
            var message = error.Message.ReplaceLineEndings("\n").Split('\n')[0];
            problems.Add(new($"{error.Code}: {message}", "Kernels can be run here, but not built."));
        }

        if (!string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Variable)))
        {
            // A named NVRTC ends the search; who looks for a mistake wants to see the others too.
            var unnamed = Machine.This with { Variable = name => name == Variable ? null : Machine.This.Variable(name) };
            var others = Resolve(unnamed, wish);
            reports.AddRange(others.Verdicts.Where(IsThere)
                .Where(verdict => reports.All(r => r.Path != verdict.Probe.Path))
                .Select(verdict => Report(verdict, false,
                    verdict.Probe.Failure.Length > 0 ? verdict.Text : $"would do, but {Variable} names another", gpus)));
        }

        // The loader may give what a folder gave before.
        return [.. reports.DistinctBy(report => report.Path)];
    }

    private static NvrtcChoice Resolve(Machine machine, NvrtcWish wish) =>
        new NvrtcResolver(new Consulted(machine), NvrtcProbe.Of).Resolve(wish, lookAtAll: true);

    // The loader is asked for every name that NVRTC has had; that it has none of that name is no finding.
    private static bool IsThere(NvrtcVerdict verdict) => !(verdict.Probe.Version is null &&
        !Path.IsPathRooted(verdict.Probe.Path) &&
        verdict.Probe.Failure.Contains($"{verdict.Probe.Path}: cannot open shared object file", StringComparison.Ordinal));

    private static NvrtcReport Report(NvrtcVerdict verdict, bool isUsed, string text, IReadOnlyList<GpuReport> gpus)
    {
        var probe = verdict.Probe;
        var works = probe.Failure.Length == 0;
        return new(
            probe.Path, verdict.Candidate.Origin, probe.Version?.ToString(), isUsed, works, text,
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
