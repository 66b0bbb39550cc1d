namespace Fusion.Compiler.Nvrtc;

/// <summary>A library that may be the NVRTC to use.</summary>
/// <param name="Origin">How it came to be looked at: <c>CUDA_PATH</c>.</param>
/// <param name="Path">Full path, or a name for the loader.</param>
internal sealed record NvrtcCandidate(string Origin, string Path);
