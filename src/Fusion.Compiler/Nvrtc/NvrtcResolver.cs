using Fusion.Build.Contract;
using Fusion.Compiler.Architectures;
using Fusion.Manifest;

namespace Fusion.Compiler.Nvrtc;

/// <summary>Chooses the NVRTC: what the property <c>FusionNvrtcPath</c> names, what the variable
/// <c>FUSION_NVRTC_PATH</c> names, or the first of <see cref="NvrtcPlaces"/> that has every architecture.</summary>
/// <param name="consulted">Looks at the machine and remembers where.</param>
/// <param name="probe">Looks at a library.</param>
internal sealed class NvrtcResolver(Consulted consulted, Func<string, NvrtcProbe> probe)
{
    private const string Property = "property FusionNvrtcPath (--nvrtc)";
    private const string VariableName = "FUSION_NVRTC_PATH";

    /// <summary>Chooses.</summary>
    /// <param name="wish">What is wanted.</param>
    /// <param name="lookAtAll">Whether to go on looking behind the choice, for a list of everything.</param>
    public NvrtcChoice Resolve(NvrtcWish wish, bool lookAtAll = false)
    {
        var variable = wish.NamedPath.Length > 0 ? "" : consulted.Variable(VariableName);
        var (named, origin) = wish.NamedPath.Length > 0
            ? (Path.GetFullPath(wish.NamedPath, wish.BaseDirectory), Property)
            : (variable.Length > 0 ? Path.GetFullPath(variable, wish.BaseDirectory) : "", $"environment variable {VariableName}");

        var candidates = named.Length > 0 ? Named(named, origin) : NvrtcPlaces.Find(consulted, wish);
        var verdicts = Judge(candidates, wish.Architectures, lookAtAll);
        var taken = verdicts.FindIndex(v => v.Taken);
        if (taken < 0 && BestOf(verdicts, wish.Architectures) is { } best)
        {
            if (!wish.SkipUnsupported) return new NvrtcChoice(verdicts, Unsupported(best.Probe, wish.Architectures, NvrtcPlaces.EmptyToolkits(consulted)));
            taken = verdicts.IndexOf(best);
            verdicts[taken] = best with { Taken = true, Text = $"taken, though it {best.Text}" };
        }

        if (taken < 0) return new NvrtcChoice(verdicts, named.Length > 0 ? Broken(named, origin, verdicts) : Missing(verdicts, consulted));

        var library = verdicts[taken].Probe;
        consulted.Content(library.Path);
        if (library.Library?.BuiltinsPath is { } builtins) consulted.Content(builtins);
        var include = ToolkitHeaders.Find(consulted, library.Path, library.Version!, out var remark);
        if (remark.Length > 0) verdicts[taken] = verdicts[taken] with { Text = $"{verdicts[taken].Text}; {remark}" };
        return new NvrtcChoice(verdicts, null) { IncludePath = include, Remarks = [.. NvrtcPlaces.EmptyToolkits(consulted)] };
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

    private static NvrtcVerdict? BestOf(List<NvrtcVerdict> verdicts, IReadOnlyList<GpuArchitecture> architectures) =>
        verdicts.Where(v => v.Probe.Failure.Length == 0).MinBy(v => Lacks(v.Probe, architectures).Count());

    private List<NvrtcVerdict> Judge(
        IEnumerable<NvrtcCandidate> candidates, IReadOnlyList<GpuArchitecture> architectures, bool lookAtAll)
    {
        var verdicts = new List<NvrtcVerdict>();
        var done = false;
        foreach (var candidate in candidates)
        {
            if (Path.IsPathFullyQualified(candidate.Path)) consulted.Content(candidate.Path);
            var found = probe(candidate.Path);
            var verdict = new NvrtcVerdict(candidate, found, "taken");
            if (found.Failure.Length > 0)
            {
                verdict = verdict with { Text = $"passed over: {found.Failure}" };
                // What it lacks may be put beside it.
                if (Path.GetDirectoryName(candidate.Path) is { Length: > 0 } folder) consulted.Names(folder);
            }
            else if (Lacks(found, architectures).ToArray() is { Length: > 0 } lacks)
            {
                verdict = verdict with { Text = $"does not have {string.Join(", ", lacks)}" };
            }
            else
            {
                verdict = done ? verdict with { Text = "would do; an earlier one is taken" } : verdict with { Taken = true };
                done = true;
            }

            verdicts.Add(verdict);
            if (done && !lookAtAll) break;
        }

        return verdicts;
    }

    private IEnumerable<NvrtcCandidate> Named(string path, string origin) =>
        consulted.FileExists(path) ? [new NvrtcCandidate(origin, path)] : NvrtcFolders.In(consulted, origin, path);

    private static Diagnostic Broken(string path, string origin, List<NvrtcVerdict> verdicts)
    {
        var found = verdicts.Count > 0 ? string.Join("\n", verdicts) : NvrtcFolders.DescribeEmpty(path);
        return new Diagnostic(DiagnosticSeverity.Error, Codes.NamedNvrtc,
            $"The {origin} says that NVRTC is '{path}', and that does not work. Expected an NVRTC library, its folder, or the "
            + $"root of a CUDA toolkit. Correct it, or remove it to let fusionc look for NVRTC itself.\n{found}");
    }

    private static Diagnostic Missing(List<NvrtcVerdict> verdicts, Consulted consulted) => new(
        DiagnosticSeverity.Error, Codes.NoNvrtc,
        "No NVRTC was found, the library of CUDA that compiles kernels. Reference the package Fusion.Nvrtc.linux-x64, install "
        + "NVRTC or a CUDA toolkit (11.2 or later), or name one by the property FusionNvrtcPath or the environment variable "
        + $"{VariableName} or CUDA_PATH."
        + string.Concat(NvrtcPlaces.EmptyToolkits(consulted).Concat(verdicts.Select(v => $"{v}")).Select(line => "\n" + line)));
}
