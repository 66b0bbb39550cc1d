using Fusion.Manifest;

namespace Fusion.Compiler.Images;

/// <summary>What one compile made, as the manifest describes it.</summary>
/// <param name="PtxVersion">Version of the PTX language: <c>8.4</c>.</param>
/// <param name="Cubin">The kernels of the cubin, ordered by name.</param>
/// <param name="Ptx">The same kernels as the PTX shows them, in the same order.</param>
internal sealed record ImageContent(string PtxVersion, IReadOnlyList<KernelEntry> Cubin, IReadOnlyList<KernelEntry> Ptx);
