namespace Fusion.Runtime;

/// <content>Conversions from numbers.</content>
public readonly partial struct KernelArgument
{
    /// <summary>A C++ <c>int</c>.</summary>
    /// <param name="value">The value.</param>
    public static implicit operator KernelArgument(int value) => Inline(value, ArgumentType.Int32);

    /// <summary>A C++ <c>unsigned int</c>.</summary>
    /// <param name="value">The value.</param>
    public static implicit operator KernelArgument(uint value) => Inline(value, ArgumentType.UInt32);

    /// <summary>A C++ <c>long long</c>.</summary>
    /// <param name="value">The value.</param>
    public static implicit operator KernelArgument(long value) => Inline(value, ArgumentType.Int64);

    /// <summary>A C++ <c>unsigned long long</c>.</summary>
    /// <param name="value">The value.</param>
    public static implicit operator KernelArgument(ulong value) => Inline(value, ArgumentType.UInt64);

    /// <summary>A C++ <c>float</c>.</summary>
    /// <param name="value">The value.</param>
    public static implicit operator KernelArgument(float value) => Inline(value, ArgumentType.Single);

    /// <summary>A C++ <c>double</c>.</summary>
    /// <param name="value">The value.</param>
    public static implicit operator KernelArgument(double value) => Inline(value, ArgumentType.Double);

    /// <summary>A <c>__half</c>.</summary>
    /// <param name="value">The value.</param>
    public static implicit operator KernelArgument(Half value) => Inline(value, ArgumentType.Half);

    /// <summary>A <c>__nv_bfloat16</c>.</summary>
    /// <param name="value">The value.</param>
    public static implicit operator KernelArgument(BFloat16 value) => Inline(value, ArgumentType.BFloat16);

    /// <summary>A C++ <c>bool</c>, one byte.</summary>
    /// <param name="value">The value.</param>
    public static implicit operator KernelArgument(bool value) => Inline(value, ArgumentType.Boolean);

    /// <summary>An address or a <c>size_t</c>, 8 bytes.</summary>
    /// <param name="value">The value.</param>
    public static implicit operator KernelArgument(nint value) => Inline(value, ArgumentType.NativeInt);
}
