namespace Fusion.Manifest;

/// <summary>A parameter of a kernel.</summary>
public sealed record KernelParameter
{
    /// <summary>As the source names it, or <c>arg0</c>, <c>arg1</c> … where that could not be read.</summary>
    public required string Name { get; init; }

    /// <summary>As the source writes it, <c>const float*</c>, or the PTX type where that could not be read.</summary>
    public required string Type { get; init; }

    /// <summary>Where it starts in the parameter block, in bytes.</summary>
    public required int Offset { get; init; }

    /// <summary>Its size in bytes.</summary>
    public required int Size { get; init; }
}
