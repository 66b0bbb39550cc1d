namespace Fusion.Runtime;

/// <summary>Type of a tensor's elements.</summary>
public enum ElementType
{
    /// <summary>bfloat16, the upper half of a float, 2 bytes: <see cref="Runtime.BFloat16"/>.</summary>
    BFloat16,

    /// <summary>IEEE 754 binary16, 2 bytes: <see cref="Half"/>.</summary>
    Float16,

    /// <summary>IEEE 754 binary32, 4 bytes.</summary>
    Float32,

    /// <summary>FP8 with 4 bits of exponent and 3 of fraction, no infinities, largest number 448; 1 byte.</summary>
    Float8E4M3,

    /// <summary>FP4 with 2 bits of exponent and 1 of fraction, largest number 6; two in a byte, the even one low.</summary>
    Float4E2M1,

    /// <summary>A power of two by its exponent, 2^(byte − 127), for scales; 1 byte.</summary>
    Float8UE8M0,

    /// <summary>Signed integer of 4 bytes, for indices: the number of a token, a position.</summary>
    Int32,
}
