namespace Fusion.Compiler;

/// <summary>What fusionc does with the output folder.</summary>
internal enum OutputPolicy
{
    /// <summary>The folder is its own: records and manifest are written, and all that is not of this build is removed.</summary>
    Project,

    /// <summary>The folder is somebody's: images only.</summary>
    Images,

    /// <summary>The folder is somebody's: images and manifest.</summary>
    ImagesAndManifest,
}
