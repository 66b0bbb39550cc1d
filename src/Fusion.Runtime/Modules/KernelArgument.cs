using System.Runtime.CompilerServices;

namespace Fusion.Runtime;

/// <summary>An argument of a kernel: a value of up to 16 bytes, or a copy of a larger one (<see cref="Bytes{T}"/>). Numbers,
/// <see cref="DevicePointer{T}"/> and buffers convert to it; it allocates nothing.</summary>
public readonly unsafe partial struct KernelArgument
{
    private const int InlineBytes = 16;

    // The value itself, or address and position of a copy. Not a UInt128, whose alignment would make the struct 32 bytes.
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
        Byte,
        SByte,
        Int16,
        UInt16,
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
        Copy,
        Reference,
    }

    /// <summary>Size of the argument in bytes.</summary>
    public int Size => size;

    /// <summary>Makes an argument of an address in the GPU's memory.</summary>
    /// <typeparam name="T">Type of the elements.</typeparam>
    /// <param name="pointer">The address; the memory must stay until the kernel has ended.</param>
    public static KernelArgument From<T>(DevicePointer<T> pointer)
        where T : unmanaged => Inline(pointer.Address, ArgumentType.Pointer);

    /// <summary>Makes an argument of a small value of any type, such as a struct, which is copied into the
    /// argument.</summary>
    /// <typeparam name="T">A type laid out as the kernel's parameter, 16 bytes at most.</typeparam>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentException">The type is larger than 16 bytes: use <see cref="Bytes{T}"/>.</exception>
    public static KernelArgument Of<T>(T value)
        where T : unmanaged => sizeof(T) <= InlineBytes
            ? Inline(value, ArgumentType.Value)
            : throw new ArgumentException(
                $"{typeof(T)} has {sizeof(T)} bytes, but an argument holds {InlineBytes}; use KernelArgument.Bytes.", nameof(value));

    /// <summary>Makes an argument of a struct of any size, which is copied now. The copy lasts until the same thread has
    /// made 64 KB of newer ones: use the argument on that thread, for the next launch. A launch with a copy that is gone, or
    /// on another thread, throws.</summary>
    /// <typeparam name="T">A type laid out as the kernel's parameter, 32 KB at most.</typeparam>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentException">The type is larger than any parameter of a kernel.</exception>
    public static KernelArgument Bytes<T>(ref readonly T value)
        where T : unmanaged
    {
        var address = ArgumentCopies.OfThread.Add(in value, out var position);
        return new((nuint)address, position, sizeof(T), ArgumentType.Copy);
    }

    /// <summary>Makes an argument of a struct of any size by its address, for a launch in the caller's own scope.</summary>
    /// <param name="value">The value, which must not move or end before the launch has returned: a local variable.</param>
    internal static KernelArgument AddressOf<T>(ref readonly T value)
        where T : unmanaged =>
        new((nuint)Unsafe.AsPointer(ref Unsafe.AsRef(in value)), 0, sizeof(T), ArgumentType.Reference);

    /// <summary>Describes the argument for a message: <c>a double of 8 bytes</c>.</summary>
    internal string Describe()
    {
        var name = type switch
        {
            ArgumentType.Pointer => "a device pointer",
            ArgumentType.Byte => "a byte",
            ArgumentType.SByte => "an sbyte",
            ArgumentType.Int16 => "a short",
            ArgumentType.UInt16 => "a ushort",
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
            ArgumentType.Value or ArgumentType.Copy or ArgumentType.Reference => "a struct",
            _ => "an empty argument",
        };
        return $"{name} of {KernelErrors.Bytes(size)}";
    }

    /// <summary>Writes the address of each argument's value into an array.</summary>
    /// <param name="arguments">The arguments, pinned or on the stack.</param>
    /// <param name="count">Number of arguments.</param>
    /// <param name="addresses">Array of as many addresses, which are valid as long as the arguments stay.</param>
    /// <returns>Index of the first argument whose copy is gone or of another thread; -1 if there is none.</returns>
    internal static int WriteAddresses(KernelArgument* arguments, int count, void** addresses)
    {
        for (var i = 0; i < count; i++)
        {
            var argument = arguments + i;
            if (argument->type == ArgumentType.Copy && !ArgumentCopies.OfThread.Has((byte*)argument->low, argument->high)) return i;
            addresses[i] = argument->type is ArgumentType.Reference or ArgumentType.Copy ? (void*)(nuint)argument->low : &argument->low;
        }

        return -1;
    }

    private static KernelArgument Inline<T>(T value, ArgumentType type)
        where T : unmanaged
    {
        // Not on the stack by stackalloc, with which the method would not be inlined.
        if (sizeof(T) <= sizeof(ulong))
        {
            var bits = 0UL;
            Unsafe.As<ulong, T>(ref bits) = value;
            return new(bits, 0, sizeof(T), type);
        }

        var both = default((ulong Low, ulong High));
        Unsafe.WriteUnaligned(ref Unsafe.As<ulong, byte>(ref both.Low), value);
        return new(both.Low, both.High, sizeof(T), type);
    }
}
