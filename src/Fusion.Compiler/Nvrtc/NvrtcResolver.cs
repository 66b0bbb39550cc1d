using Fusion.Build.Contract;
using Fusion.Compiler.Architectures;
using Fusion.Manifest;

namespace Fusion.Compiler.Nvrtc;

/// <summary>Chooses the NVRTC: what the property <c>FusionNvrtcPath</c> names, what the variable
/// <c>FUSION_NVRTC_PATH</c> names, or the first of <see cref="NvrtcPlaces"/> that has every architecture.</summary>
/// <param name="machine">The machine, which remembers what was looked at.</param>
/// <param name="probe">Looks at a library.</param>
internal sealed class NvrtcResolver(TrackedMachine machine, Func<string, NvrtcProbe> probe)
{
    private const string Property = "property FusionNvrtcPath (--nvrtc)";
    private const string VariableName = "FUSION_NVRTC_PATH";

    /// <summary>Chooses an NVRTC.</summary>
    /// <param name="required">What is wanted.</param>
    /// <param name="lookAtAll">Whether to go on looking behind the choice, for a list of everything.</param>
    public NvrtcChoice Resolve(NvrtcRequirements required, bool lookAtAll = false)
    {
        var variable = required.NamedPath.Length > 0 ? "" : machine.Variable(VariableName);
        var (named, origin) = required.NamedPath.Length > 0
            ? (Path.GetFullPath(required.NamedPath, required.BaseDirectory), Property)
            : (variable.Length > 0 ? Path.GetFullPath(variable, required.BaseDirectory) : "", $"environment variable {VariableName}");

        var candidates = named.Length > 0 ? Named(named, origin) : NvrtcPlaces.Find(machine, required);
        var results = Evaluate(candidates, required.Architectures, lookAtAll);
        var taken = results.FindIndex(v => v.Taken);
        if (taken < 0 && BestOf(results, required.Architectures) is { } best)
        {
            if (!required.SkipUnsupported) return new NvrtcChoice(results, Unsupported(best.Probe, required.Architectures, NvrtcPlaces.EmptyToolkits(machine)));
            taken = results.IndexOf(best);
            results[taken] = best with { Taken = true, Text = $"taken, though it {best.Text}" };
        }

        if (taken < 0) return new NvrtcChoice(results, named.Length > 0 ? Broken(named, origin, results) : Missing(results, machine));

        var library = results[taken].Probe;
        machine.TrackContent(library.Path);
        if (library.Library?.BuiltinsPath is { } builtins) machine.TrackContent(builtins);
        var include = ToolkitHeaders.Find(machine, library.Path, library.Version!, out var remark);
        if (remark.Length > 0) results[taken] = results[taken] with { Text = $"{results[taken].Text}; {remark}" };
        return new NvrtcChoice(results, null) { IncludePath = include, Remarks = [.. NvrtcPlaces.EmptyToolkits(machine)] };
    }

    /// <summary>The error for architectures that an NVRTC does not have.</summary>
    private static Diagnostic Unsupported(NvrtcProbe probe, IEnumerable<GpuArchitecture> architectures, IEnumerable<string> remarks) => new(
        DiagnosticSeverity.Error, Codes.UnsupportedArchitecture,
        string.Join(" ", Lacks(probe, architectures).Select(a => DescribeUnsupported(probe, a)))
        + " Choose other architectures, choose another NVRTC by FusionNvrtcPath, or set FusionSkipUnsupportedArchitectures to true."
        + string.Concat(remarks.Select(remark => "\n" + remark)));

    /// <summary>Says of an architecture that an NVRTC does not have it, and which one would do.</summary>
    public static string DescribeUnsupported(NvrtcProbe probe, GpuArchitecture architecture) =>
        $"NVRTC {probe.Version} ('{probe.Path}') does not compile for {architecture}; it has {Range(probe)}; "
        + $"{SupportTable.WhichWouldDo(architecture)}.";

    /// <summary>The architectures of an NVRTC, in short.</summary>
    public static string Range(NvrtcProbe probe) => string.Join(' ', probe.Architectures.Select(a => $"sm_{a}"));

    private static IEnumerable<GpuArchitecture> Lacks(NvrtcProbe probe, IEnumerable<GpuArchitecture> architectures) =>
        architectures.Where(a => !SupportTable.Supports(probe.Version!, probe.Architectures, a));

    private static CandidateResult? BestOf(List<CandidateResult> results, IReadOnlyList<GpuArchitecture> architectures) =>
        results.Where(v => v.Probe.Failure.Length == 0).MinBy(v => Lacks(v.Probe, architectures).Count());

    private List<CandidateResult> Evaluate(
        IEnumerable<NvrtcCandidate> candidates, IReadOnlyList<GpuArchitecture> architectures, bool lookAtAll)
    {
        var results = new List<CandidateResult>();
        var done = false;
        foreach (var candidate in candidates)
        {
            if (Path.IsPathFullyQualified(candidate.Path)) machine.TrackContent(candidate.Path);
            var found = probe(candidate.Path);
            var result = new CandidateResult(candidate, found, "taken");
            if (found.Failure.Length > 0)
            {
                result = result with { Text = $"passed over: {found.Failure}" };
                // What it lacks may be put beside it.
                if (Path.GetDirectoryName(candidate.Path) is { Length: > 0 } folder) machine.TrackNames(folder);
            }
            else if (Lacks(found, architectures).ToArray() is { Length: > 0 } lacks)
            {
                result = result with { Text = $"does not have {string.Join(", ", lacks)}" };
            }
            else
            {
                result = done ? result with { Text = "would do; an earlier one is taken" } : result with { Taken = true };
                done = true;
            }

            results.Add(result);
            if (done && !lookAtAll) break;
        }

        return results;
    }

    private IEnumerable<NvrtcCandidate> Named(string path, string origin) =>
        machine.FileExists(path) ? [new NvrtcCandidate(origin, path)] : NvrtcFolders.In(machine, origin, path);

    private static Diagnostic Broken(string path, string origin, List<CandidateResult> results)
    {
        var found = results.Count > 0 ? string.Join("\n", results) : NvrtcFolders.DescribeEmpty(path);
        return new Diagnostic(DiagnosticSeverity.Error, Codes.NamedNvrtc,
            $"The {origin} says that NVRTC is '{path}', and that does not work. Expected an NVRTC library, its folder, or the "
            + $"root of a CUDA toolkit. Correct it, or remove it to let fusionc look for NVRTC itself.\n{found}");
    }

    private static Diagnostic Missing(List<CandidateResult> results, TrackedMachine machine) => new(
        DiagnosticSeverity.Error, Codes.NoNvrtc,
        "No NVRTC was found, the library of CUDA that compiles kernels. Reference the package Fusion.Nvrtc.linux-x64 or Fusion.Nvrtc.linux-arm64, install "
        + "NVRTC or a CUDA toolkit (11.2 or later), or name one by the property FusionNvrtcPath or the environment variable "
        + $"{VariableName} or CUDA_PATH."
        + string.Concat(NvrtcPlaces.EmptyToolkits(machine).Concat(results.Select(v => $"{v}")).Select(line => "\n" + line)));
}
