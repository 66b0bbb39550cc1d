namespace Fusion.Manifest;

/// <summary>A parameter of a kernel.</summary>
public sealed record KernelParameter
{
    /// <summary>Name of the parameter in the source, or <c>arg0</c>, <c>arg1</c> … where that could not be read.</summary>
    public required string Name { get; init; }

    /// <summary>Type of the parameter in the source, such as <c>const float*</c>, or the PTX type where that could not be
    /// read.</summary>
    public required string Type { get; init; }

    /// <summary>Offset of the parameter in the parameter block, in bytes.</summary>
    public required int Offset { get; init; }

    /// <summary>Size of the parameter in bytes.</summary>
    public required int Size { get; init; }
}
