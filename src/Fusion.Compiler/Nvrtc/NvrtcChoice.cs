using Fusion.Build.Contract;

namespace Fusion.Compiler.Nvrtc;

/// <summary>A library that may be the NVRTC to use.</summary>
/// <param name="Origin">How it came to be looked at: <c>CUDA_PATH</c>.</param>
/// <param name="Path">Full path, or a name for the loader.</param>
internal sealed record NvrtcCandidate(string Origin, string Path);

/// <summary>What became of a candidate.</summary>
/// <param name="Candidate">The candidate.</param>
/// <param name="Probe">What it turned out to be.</param>
/// <param name="Text">Why it was taken or passed over.</param>
internal sealed record CandidateResult(NvrtcCandidate Candidate, NvrtcProbe Probe, string Text)
{
    /// <summary>Whether this candidate is the NVRTC to use.</summary>
    public bool Taken { get; init; }

    /// <summary>One line for the log.</summary>
    public override string ToString()
    {
        var version = Probe.Version is null ? "" : $", NVRTC {Probe.Version}";
        return $"NVRTC candidate '{Probe.Path}' ({Candidate.Origin}{version}): {Text}";
    }
}

/// <summary>What the resolver found.</summary>
/// <param name="Candidates">Every candidate that was looked at, in order.</param>
/// <param name="Error">Why there is no NVRTC to use; null if there is one.</param>
internal sealed record NvrtcChoice(IReadOnlyList<CandidateResult> Candidates, Diagnostic? Error)
{
    /// <summary>The NVRTC to use.</summary>
    public NvrtcProbe? Taken => Candidates.FirstOrDefault(v => v.Taken)?.Probe;

    /// <summary>What else the search found, for the log: variables that name a folder without NVRTC.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>The headers that belong to it.</summary>
    public string? IncludePath { get; init; }
}
