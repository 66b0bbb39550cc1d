namespace Fusion.Compiler.Images;

/// <summary>What a PTX text declares.</summary>
/// <param name="Version">Version of the PTX language: <c>8.4</c>.</param>
/// <param name="Kernels">Its entries, in the order of the text.</param>
internal sealed record PtxContent(string Version, IReadOnlyList<ImageKernel> Kernels);
