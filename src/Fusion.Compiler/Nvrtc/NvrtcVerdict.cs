namespace Fusion.Compiler.Nvrtc;

/// <summary>What became of a candidate.</summary>
/// <param name="Candidate">The candidate.</param>
/// <param name="Probe">What it turned out to be.</param>
/// <param name="Text">Why it was taken or passed over.</param>
internal sealed record NvrtcVerdict(NvrtcCandidate Candidate, NvrtcProbe Probe, string Text)
{
    /// <summary>Whether it is the one to use.</summary>
    public bool Taken { get; init; }

    /// <summary>One line for the log.</summary>
    public override string ToString()
    {
        var version = Probe.Version is null ? "" : $", NVRTC {Probe.Version}";
        return $"NVRTC candidate '{Probe.Path}' ({Candidate.Origin}{version}): {Text}";
    }
}
