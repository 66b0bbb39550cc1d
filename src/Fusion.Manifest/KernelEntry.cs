namespace Fusion.Manifest;

/// <summary>A <c>__global__</c> function in an image.</summary>
public sealed record KernelEntry
{
    /// <summary>As the source says it: <c>rms_norm</c>, <c>math::scale</c>, or the name expression of a template's
    /// instantiation, <c>scale&lt;float&gt;</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Its symbol in the image.</summary>
    public required string Symbol { get; init; }

    /// <summary>32-bit registers a thread; null in PTX, where the driver decides.</summary>
    public int? Registers { get; init; }

    /// <summary>Static shared memory a block, in bytes; null in PTX.</summary>
    public int? SharedBytes { get; init; }

    /// <summary>Local memory a thread, in bytes, spills included; null in PTX or where the image does not say.</summary>
    public int? LocalBytes { get; init; }

    /// <summary>The most threads a block may have by <c>__launch_bounds__</c>; null without one.</summary>
    public int? MaxThreads { get; init; }

    /// <summary>Its parameters, in order.</summary>
    public required IReadOnlyList<KernelParameter> Parameters { get; init; }
}
