namespace Fusion.Interop.Nvrtc;

/// <summary>A function of NVRTC failed that should not. Errors in a source are no exception: they are in the log.</summary>
/// <param name="result">What it returned.</param>
/// <param name="message">Which function of which NVRTC.</param>
public sealed class NvrtcException(NvrtcResult result, string message) : Exception(message)
{
    /// <summary>What the function returned.</summary>
    public NvrtcResult Result { get; } = result;
}
