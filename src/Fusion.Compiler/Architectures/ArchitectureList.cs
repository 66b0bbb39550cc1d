using Fusion.Manifest;

namespace Fusion.Compiler.Architectures;

/// <summary>A list of architectures as a project writes it: <c>sm_80;sm_90a;compute_80</c>, with the words <c>all</c>,
/// <c>all-major</c> and <c>native</c>, whose meaning depends on NVRTC and on the machine.</summary>
internal sealed record ArchitectureList
{
    private const string AllWord = "all";
    private const string AllMajorWord = "all-major";
    private const string NativeWord = "native";

    /// <summary>The architectures that are named, each once, in canonical order.</summary>
    public required IReadOnlyList<GpuArchitecture> Named { get; init; }

    /// <summary>Every architecture that NVRTC has, and PTX for the oldest.</summary>
    public bool All { get; init; }

    /// <summary>The oldest architecture of every generation that NVRTC has, and PTX for the oldest of all.</summary>
    public bool AllMajor { get; init; }

    /// <summary>The GPUs of this machine.</summary>
    public bool Native { get; init; }

    /// <summary>Reads a list.</summary>
    /// <param name="text">Names and words, split by semicolons.</param>
    /// <param name="problem">What is wrong with it; empty if nothing is.</param>
    public static ArchitectureList Parse(string text, out string problem)
    {
        var words = text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var named = new List<GpuArchitecture>();
        problem = words.Length == 0 ? $"No architecture is named. {Expected}" : "";
        foreach (var word in words)
        {
            if (GpuArchitecture.TryParse(word, out var architecture)) named.Add(architecture);
            else if (word is not (AllWord or AllMajorWord or NativeWord)) problem = $"'{word}' is no GPU architecture. {Expected}";
        }

        return new ArchitectureList
        {
            Named = Canonical(named),
            All = words.Contains(AllWord),
            AllMajor = words.Contains(AllMajorWord),
            Native = words.Contains(NativeWord),
        };
    }

    /// <summary>Each architecture once, by number, then plain, family and specific, machine code before PTX.</summary>
    public static GpuArchitecture[] Canonical(IEnumerable<GpuArchitecture> architectures) =>
        [.. architectures.Distinct().OrderBy(a => a.Number).ThenBy(a => a.Form).ThenBy(a => a.IsVirtual)];

    /// <summary>All that the list means.</summary>
    /// <param name="supported">The plain architectures of NVRTC.</param>
    /// <param name="gpus">The GPUs of this machine.</param>
    public GpuArchitecture[] Expand(IReadOnlyList<int> supported, IReadOnlyList<ComputeCapability> gpus)
    {
        var all = new List<GpuArchitecture>(Named);
        if (Native) all.AddRange(gpus.Select(Plain));
        if (All) all.AddRange(supported.Select(number => Plain(ComputeCapability.FromNumber(number))));
        if (AllMajor)
        {
            all.AddRange(supported.Select(ComputeCapability.FromNumber).GroupBy(c => c.Major).Select(g => Plain(g.Min())));
        }

        if ((All || AllMajor) && supported.Count > 0) all.Add(Plain(ComputeCapability.FromNumber(supported.Min())).AsVirtual);
        return Canonical(all);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join(';', Named.Select(a => a.ToString())
        .Concat(All ? [AllWord] : []).Concat(AllMajor ? [AllMajorWord] : []).Concat(Native ? [NativeWord] : []));

    private const string Expected = "Expected a list split by semicolons of sm_NN (machine code) or compute_NN (PTX), each "
        + "with a or f behind it or not, or the words all, all-major, native: for example sm_80;sm_90a;compute_80.";

    private static GpuArchitecture Plain(ComputeCapability capability) => new(capability, ArchitectureForm.Plain, false);
}
