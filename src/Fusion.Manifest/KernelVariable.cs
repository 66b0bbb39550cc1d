using System.Text.Json.Serialization;

namespace Fusion.Manifest;

/// <summary>A <c>__constant__</c> or <c>__device__</c> variable of a module, which the host may read and write.</summary>
public sealed record KernelVariable
{
    /// <summary>Name of the variable in the source with its namespaces: <c>weights</c>, <c>math::table</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Symbol of the variable in the image.</summary>
    public required string Symbol { get; init; }

    /// <summary>Kind of the variable's memory.</summary>
    public required VariableKind Kind { get; init; }

    /// <summary>Type of the variable in the source, such as <c>float[256]</c>.</summary>
    public required string Type { get; init; }

    /// <summary>Size of the variable in bytes.</summary>
    public required long Size { get; init; }
}

/// <summary>Kind of a variable's memory.</summary>
public enum VariableKind
{
    /// <summary>Constant memory (<c>__constant__</c>), which kernels only read.</summary>
    [JsonStringEnumMemberName("constant")]
    Constant,

    /// <summary>The GPU's memory (<c>__device__</c>).</summary>
    [JsonStringEnumMemberName("device")]
    Device,

    /// <summary>Memory that the driver moves between host and GPU (<c>__managed__</c>).</summary>
    [JsonStringEnumMemberName("managed")]
    Managed,
}
