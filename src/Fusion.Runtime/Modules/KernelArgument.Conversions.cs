namespace Fusion.Runtime;

/// <content>Conversions from numbers.</content>
public readonly partial struct KernelArgument
{
    /// <summary>Converts to an argument of type <c>unsigned char</c> in C++.</summary>
    /// <param name="value">The value.</param>
    public static implicit operator KernelArgument(byte value) => Inline(value, ArgumentType.Byte);

    /// <summary>Converts to an argument of type <c>signed char</c> in C++.</summary>
    /// <param name="value">The value.</param>
    public static implicit operator KernelArgument(sbyte value) => Inline(value, ArgumentType.SByte);

    /// <summary>Converts to an argument of type <c>short</c> in C++.</summary>
    /// <param name="value">The value.</param>
    public static implicit operator KernelArgument(short value) => Inline(value, ArgumentType.Int16);

    /// <summary>Converts to an argument of type <c>unsigned short</c> in C++.</summary>
    /// <param name="value">The value.</param>
    public static implicit operator KernelArgument(ushort value) => Inline(value, ArgumentType.UInt16);

    /// <summary>Converts to an argument of type <c>int</c> in C++.</summary>
    /// <param name="value">The value.</param>
    public static implicit operator KernelArgument(int value) => Inline(value, ArgumentType.Int32);

    /// <summary>Converts to an argument of type <c>unsigned int</c> in C++.</summary>
    /// <param name="value">The value.</param>
    public static implicit operator KernelArgument(uint value) => Inline(value, ArgumentType.UInt32);

    /// <summary>Converts to an argument of type <c>long long</c> in C++.</summary>
    /// <param name="value">The value.</param>
    public static implicit operator KernelArgument(long value) => Inline(value, ArgumentType.Int64);

    /// <summary>Converts to an argument of type <c>unsigned long long</c> in C++.</summary>
    /// <param name="value">The value.</param>
    public static implicit operator KernelArgument(ulong value) => Inline(value, ArgumentType.UInt64);

    /// <summary>Converts to an argument of type <c>float</c> in C++.</summary>
    /// <param name="value">The value.</param>
    public static implicit operator KernelArgument(float value) => Inline(value, ArgumentType.Single);

    /// <summary>Converts to an argument of type <c>double</c> in C++.</summary>
    /// <param name="value">The value.</param>
    public static implicit operator KernelArgument(double value) => Inline(value, ArgumentType.Double);

    /// <summary>Converts to an argument of type <c>__half</c> in CUDA C++.</summary>
    /// <param name="value">The value.</param>
    public static implicit operator KernelArgument(Half value) => Inline(value, ArgumentType.Half);

    /// <summary>Converts to an argument of type <c>__nv_bfloat16</c> in CUDA C++.</summary>
    /// <param name="value">The value.</param>
    public static implicit operator KernelArgument(BFloat16 value) => Inline(value, ArgumentType.BFloat16);

    /// <summary>Converts to an argument of type <c>bool</c> in C++, one byte.</summary>
    /// <param name="value">The value.</param>
    public static implicit operator KernelArgument(bool value) => Inline(value, ArgumentType.Boolean);

    /// <summary>Converts to an argument of 8 bytes: an address or a <c>size_t</c>.</summary>
    /// <param name="value">The value.</param>
    public static implicit operator KernelArgument(nint value) => Inline(value, ArgumentType.NativeInt);
}
