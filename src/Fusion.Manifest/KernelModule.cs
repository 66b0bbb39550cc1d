namespace Fusion.Manifest;

/// <summary>A source file and the images made of it.</summary>
public sealed record KernelModule
{
    /// <summary>The file's path in the project without its ending, or its <c>LogicalName</c>: <c>kernels/rms_norm</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The file's path in the project, with forward slashes.</summary>
    public required string Source { get; init; }

    /// <summary>One for each architecture and kind.</summary>
    public required IReadOnlyList<KernelImage> Images { get; init; }
}
