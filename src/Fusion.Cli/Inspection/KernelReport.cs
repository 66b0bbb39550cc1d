using Fusion.Compiler.Images;
using Fusion.Manifest;

namespace Fusion.Cli.Inspection;

/// <summary>A kernel in an image. What only machine code says is null in PTX.</summary>
internal sealed record KernelReport
{
    /// <summary>As the source says it.</summary>
    public required string Name { get; init; }

    /// <summary>Its symbol in the image.</summary>
    public required string Symbol { get; init; }

    /// <summary>32-bit registers a thread.</summary>
    public int? Registers { get; init; }

    /// <summary>Static shared memory a block, in bytes.</summary>
    public int? SharedBytes { get; init; }

    /// <summary>Local memory a thread, in bytes: its stack with that of what it calls.</summary>
    public int? LocalBytes { get; init; }

    /// <summary>Its own stack frame, in bytes a thread.</summary>
    public int? FrameBytes { get; init; }

    /// <summary>What its instructions write to local memory, in bytes a thread, each instruction counted once. Where no array
    /// is in local memory, these are spills.</summary>
    public int? LocalStoreBytes { get; init; }

    /// <summary>The same of what they read.</summary>
    public int? LocalLoadBytes { get; init; }

    /// <summary>Bytes in each bank of constants, by its number; 0 has the parameters, 3 the <c>__constant__</c>
    /// variables.</summary>
    public IReadOnlyDictionary<int, long>? ConstantBytes { get; init; }

    /// <summary>Size of its code.</summary>
    public int? CodeBytes { get; init; }

    /// <summary>Barriers of a block that it uses.</summary>
    public int? Barriers { get; init; }

    /// <summary>The most threads a block may have; null without a bound.</summary>
    public int? MaxThreads { get; init; }

    /// <summary>Blocks of a cluster in each dimension; null without <c>__cluster_dims__</c>.</summary>
    public IReadOnlyList<int>? Cluster { get; init; }

    /// <summary>SHA-256 of its code.</summary>
    public string? CodeSha256 { get; init; }

    /// <summary>Its parameters, in order.</summary>
    public required IReadOnlyList<KernelParameter> Parameters { get; init; }

    /// <summary>Its parameters as the source has them.</summary>
    internal string Signature => string.Join(", ", Parameters.Select(parameter => $"{parameter.Type} {parameter.Name}"));

    /// <summary>Puts together what manifest and image say.</summary>
    /// <param name="entry">The manifest's entry.</param>
    /// <param name="code">What the image says; null for PTX, and for an image that cannot be read.</param>
    public static KernelReport Of(KernelEntry entry, MachineCode? code) => new()
    {
        Name = entry.Name,
        Symbol = entry.Symbol,
        Registers = entry.Registers,
        SharedBytes = entry.SharedBytes,
        LocalBytes = entry.LocalBytes,
        FrameBytes = code?.FrameBytes,
        LocalStoreBytes = code?.LocalStoreBytes,
        LocalLoadBytes = code?.LocalLoadBytes,
        ConstantBytes = code?.ConstantBytes,
        CodeBytes = code?.Bytes,
        Barriers = code?.Barriers,
        MaxThreads = entry.MaxThreads,
        Cluster = code?.Cluster is { Count: > 0 } cluster ? cluster : null,
        CodeSha256 = code?.Sha256,
        Parameters = entry.Parameters,
    };
}
