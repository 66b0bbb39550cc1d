namespace Fusion.Runtime;

/// <summary>How the bytes of a tensor map's box are permuted in shared memory, so that reading columns meets no bank conflicts. The row of a
/// box must fit into the number of bytes.</summary>
public enum TensorMapSwizzle
{
    /// <summary>The bytes lie as in global memory.</summary>
    None,

    /// <summary>Pieces of 16 bytes are permuted within 32 bytes.</summary>
    Bytes32,

    /// <summary>Pieces of 16 bytes are permuted within 64 bytes.</summary>
    Bytes64,

    /// <summary>Pieces of 16 bytes are permuted within 128 bytes.</summary>
    Bytes128,
}

/// <summary>How the channels of a tensor are interleaved in global memory.</summary>
public enum TensorMapInterleave
{
    /// <summary>They are not.</summary>
    None,

    /// <summary>In slices of 16 bytes, as NC/8HWC8 has them with 16-bit elements.</summary>
    Bytes16,

    /// <summary>In slices of 32 bytes, as NC/16HWC16 has them with 16-bit elements.</summary>
    Bytes32,
}

/// <summary>The unit in which a copy fetches from global memory into the L2 cache.</summary>
public enum TensorMapL2Promotion
{
    /// <summary>As it comes.</summary>
    None,

    /// <summary>64 bytes.</summary>
    Bytes64,

    /// <summary>128 bytes.</summary>
    Bytes128,

    /// <summary>256 bytes.</summary>
    Bytes256,
}

/// <summary>Choices of a <see cref="TensorMap"/>.</summary>
public sealed record TensorMapOptions
{
    /// <summary>Bytes from one element to the next of each dimension but the first: one number less than there are dimensions, each a
    /// multiple of 16. Null for a tensor without gaps.</summary>
    public IReadOnlyList<long>? Strides { get; init; }

    /// <summary>Steps between the elements that a copy takes, of each dimension, 1 to 8. Null for all elements.</summary>
    public IReadOnlyList<int>? ElementStrides { get; init; }

    /// <summary>Permutation of the box in shared memory.</summary>
    public TensorMapSwizzle Swizzle { get; init; }

    /// <summary>Interleaving of the tensor in global memory.</summary>
    public TensorMapInterleave Interleave { get; init; }

    /// <summary>Unit of fetches into the L2 cache.</summary>
    public TensorMapL2Promotion L2Promotion { get; init; }

    /// <summary>Whether elements outside of the tensor are read as NaN, of types of floating point; otherwise as 0.</summary>
    public bool FillsWithNaN { get; init; }
}
