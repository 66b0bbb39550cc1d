using Fusion.Compiler.Images;
using Fusion.Manifest;

namespace Fusion.Cli.Inspection;

/// <summary>Report of a kernel in an image. Figures that only machine code has are null in PTX.</summary>
internal sealed record KernelReport
{
    /// <summary>Name of the kernel in the source.</summary>
    public required string Name { get; init; }

    /// <summary>Symbol of the kernel in the image.</summary>
    public required string Symbol { get; init; }

    /// <summary>Number of 32-bit registers of a thread.</summary>
    public int? Registers { get; init; }

    /// <summary>Static shared memory of a block in bytes.</summary>
    public int? SharedBytes { get; init; }

    /// <summary>Local memory of a thread in bytes: the kernel's stack with that of the functions it calls.</summary>
    public int? LocalBytes { get; init; }

    /// <summary>Stack frame of the kernel itself, in bytes of a thread.</summary>
    public int? FrameBytes { get; init; }

    /// <summary>Bytes that a thread's instructions write to local memory, each instruction counted once. They are spills if
    /// the kernel has no array in local memory.</summary>
    public int? LocalStoreBytes { get; init; }

    /// <summary>Bytes that a thread's instructions read from local memory, each instruction counted once.</summary>
    public int? LocalLoadBytes { get; init; }

    /// <summary>Size in bytes of each bank of constants, by its number; bank 0 has the parameters, bank 3 the
    /// <c>__constant__</c> variables.</summary>
    public IReadOnlyDictionary<int, long>? ConstantBytes { get; init; }

    /// <summary>Size of the kernel's code in bytes.</summary>
    public int? CodeBytes { get; init; }

    /// <summary>Number of barriers of a block that the kernel uses.</summary>
    public int? Barriers { get; init; }

    /// <summary>Largest number of threads of a block; null without a bound.</summary>
    public int? MaxThreads { get; init; }

    /// <summary>Number of blocks of a cluster in each dimension; null without <c>__cluster_dims__</c>.</summary>
    public IReadOnlyList<int>? Cluster { get; init; }

    /// <summary>SHA-256 of the kernel's code.</summary>
    public string? CodeSha256 { get; init; }

    /// <summary>Parameters of the kernel, in order.</summary>
    public required IReadOnlyList<KernelParameter> Parameters { get; init; }

    /// <summary>Parameters of the kernel as in the source.</summary>
    internal string Signature => string.Join(", ", Parameters.Select(parameter => $"{parameter.Type} {parameter.Name}"));

    /// <summary>Makes the report of a kernel from manifest and image.</summary>
    /// <param name="entry">Manifest entry of the kernel.</param>
    /// <param name="code">Figures from the image; null for PTX, and for an image that cannot be read.</param>
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
