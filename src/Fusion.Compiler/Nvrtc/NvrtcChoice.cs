using Fusion.Build.Contract;

namespace Fusion.Compiler.Nvrtc;

/// <summary>What the resolver found.</summary>
/// <param name="Verdicts">Every candidate that was looked at, in order.</param>
/// <param name="Error">Why there is no NVRTC to use; null if there is one.</param>
internal sealed record NvrtcChoice(IReadOnlyList<NvrtcVerdict> Verdicts, Diagnostic? Error)
{
    /// <summary>The NVRTC to use.</summary>
    public NvrtcProbe? Taken => Verdicts.FirstOrDefault(v => v.Taken)?.Probe;

    /// <summary>What else the search found, for the log: variables that name a folder without NVRTC.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>The headers that belong to it.</summary>
    public string? IncludePath { get; init; }
}
