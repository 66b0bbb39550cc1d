namespace Fusion.Manifest;

/// <summary>A <c>__global__</c> function in an image.</summary>
public sealed record KernelEntry
{
    /// <summary>Name of the kernel in the source: <c>rms_norm</c>, <c>math::scale</c>, or the name expression of a
    /// template's instantiation, <c>scale&lt;float&gt;</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Symbol of the kernel in the image.</summary>
    public required string Symbol { get; init; }

    /// <summary>Number of 32-bit registers of a thread; null in PTX, where the driver decides.</summary>
    public int? Registers { get; init; }

    /// <summary>Static shared memory of a block in bytes; null in PTX.</summary>
    public int? SharedBytes { get; init; }

    /// <summary>Local memory of a thread in bytes, including spills; null in PTX or where the image does not say.</summary>
    public int? LocalBytes { get; init; }

    /// <summary>Largest number of threads of a block by <c>__launch_bounds__</c>; null without it.</summary>
    public int? MaxThreads { get; init; }

    /// <summary>Parameters of the kernel, in order.</summary>
    public required IReadOnlyList<KernelParameter> Parameters { get; init; }
}
