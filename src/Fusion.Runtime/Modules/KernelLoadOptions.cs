using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>How to load a library's kernels; the default is right except for tests.</summary>
public sealed record KernelLoadOptions
{
    /// <summary>The only kind of image to take: <see cref="ImageKind.Ptx"/> to check the PTX on a GPU that would take a
    /// cubin. Null for the best one.</summary>
    public ImageKind? Kind { get; init; }
}
