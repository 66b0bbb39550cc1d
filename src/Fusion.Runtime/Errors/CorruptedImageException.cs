using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>An image in an assembly is missing or is not what the compiler made.</summary>
public sealed class CorruptedImageException : FusionException
{
    internal CorruptedImageException(KernelImage image, string found)
        : base(ErrorCodes.CorruptedImage,
            $"The image '{image.Resource}' is not as Fusion.Sdk made it: {found}. Was the assembly changed after the build? " +
            "Clean and build its project again.") =>
        Resource = image.Resource;

    /// <summary>Name of the image's resource in the assembly.</summary>
    public string Resource { get; }
}
