using System.Runtime.CompilerServices;

namespace Fusion.Runtime;

/// <summary>An argument of a kernel: a value of up to 16 bytes, or the address of a larger one. Made by conversion from
/// numbers, <see cref="DevicePointer{T}"/> and <see cref="DeviceBuffer{T}"/>; allocates nothing.</summary>
public readonly unsafe partial struct KernelArgument
{
    private const int InlineBytes = 16;

    // The value, or in the first half its address. Not a UInt128, whose alignment would make the struct 32 bytes.
    private readonly ulong low;
    private readonly ulong high;
    private readonly int size;
    private readonly ArgumentType type;

    private KernelArgument(ulong low, ulong high, int size, ArgumentType type) =>
        (this.low, this.high, this.size, this.type) = (low, high, size, type);

    private enum ArgumentType : byte
    {
        None,
        Pointer,
        Int32,
        UInt32,
        Int64,
        UInt64,
        Single,
        Double,
        Half,
        BFloat16,
        Boolean,
        NativeInt,
        Value,
        Reference,
    }

    /// <summary>Its size in bytes.</summary>
    public int Size => size;

    /// <summary>An address in the GPU's memory.</summary>
    /// <typeparam name="T">What lies there.</typeparam>
    /// <param name="pointer">The address; the memory must stay until the kernel has ended.</param>
    public static KernelArgument From<T>(DevicePointer<T> pointer)
        where T : unmanaged => Inline(pointer.Address, ArgumentType.Pointer);

    /// <summary>A small value of any type, such as a struct or a byte, copied into the argument.</summary>
    /// <typeparam name="T">A type laid out as the kernel's parameter, 16 bytes at most.</typeparam>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentException">The type is larger: use <see cref="Bytes{T}"/>.</exception>
    public static KernelArgument Of<T>(T value)
        where T : unmanaged => sizeof(T) <= InlineBytes
            ? Inline(value, ArgumentType.Value)
            : throw new ArgumentException(
                $"{typeof(T)} has {sizeof(T)} bytes, but an argument holds {InlineBytes}; use KernelArgument.Bytes.", nameof(value));

    /// <summary>A struct of any size by its address.</summary>
    /// <typeparam name="T">A type laid out as the kernel's parameter.</typeparam>
    /// <param name="value">The value, which must not move or end before the launch has returned, because the argument only
    /// points to it: a local variable, or memory that is pinned or native; never a field of an object or an element of an
    /// array that is not pinned. The launch copies it.</param>
    public static KernelArgument Bytes<T>(ref readonly T value)
        where T : unmanaged =>
        new((nuint)Unsafe.AsPointer(ref Unsafe.AsRef(in value)), 0, sizeof(T), ArgumentType.Reference);

    /// <summary>What it is, for a message: <c>a double of 8 bytes</c>.</summary>
    internal string Describe()
    {
        var name = type switch
        {
            ArgumentType.Pointer => "a device pointer",
            ArgumentType.Int32 => "an int",
            ArgumentType.UInt32 => "a uint",
            ArgumentType.Int64 => "a long",
            ArgumentType.UInt64 => "a ulong",
            ArgumentType.Single => "a float",
            ArgumentType.Double => "a double",
            ArgumentType.Half => "a Half",
            ArgumentType.BFloat16 => "a BFloat16",
            ArgumentType.Boolean => "a bool",
            ArgumentType.NativeInt => "an nint",
            ArgumentType.Value or ArgumentType.Reference => "a struct",
            _ => "an empty argument",
        };
        return $"{name} of {KernelArgumentException.Bytes(size)}";
    }

    /// <summary>Writes the address of each argument's value.</summary>
    /// <param name="arguments">The arguments, pinned or on the stack.</param>
    /// <param name="count">How many.</param>
    /// <param name="addresses">Room for as many; good as long as the arguments stay.</param>
    internal static void WriteAddresses(KernelArgument* arguments, int count, void** addresses)
    {
        for (var i = 0; i < count; i++)
        {
            var argument = arguments + i;
            addresses[i] = argument->type == ArgumentType.Reference ? (void*)(nuint)argument->low : &argument->low;
        }
    }

    private static KernelArgument Inline<T>(T value, ArgumentType type)
        where T : unmanaged
    {
        var bits = stackalloc ulong[InlineBytes / sizeof(ulong)];
        (bits[0], bits[1]) = (0, 0);
        Unsafe.WriteUnaligned(bits, value);
        return new(bits[0], bits[1], sizeof(T), type);
    }
}
