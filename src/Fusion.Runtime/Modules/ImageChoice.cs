using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Which image of a module a GPU gets.</summary>
/// <param name="Module">The module.</param>
/// <param name="Image">The image; null if none will do.</param>
/// <param name="Reason">Why that one, or why none, in words.</param>
public sealed record ImageChoice(KernelModule Module, KernelImage? Image, string Reason)
{
    /// <summary>If there is no image: PTX that the GPU could run, but that is newer than the driver.</summary>
    internal KernelImage? TooNewForDriver { get; init; }
}
