using System.Globalization;
using System.Runtime.CompilerServices;

namespace Fusion.Runtime;

/// <summary>An address in a GPU's memory. It does not own the memory, and is valid as long as the owner keeps it.</summary>
/// <typeparam name="T">Type of the elements.</typeparam>
public readonly record struct DevicePointer<T>
    where T : unmanaged
{
    /// <summary>Makes a pointer of an address.</summary>
    /// <param name="address">The address, a <c>CUdeviceptr</c>.</param>
    public DevicePointer(ulong address) => Address = address;

    /// <summary>The address, a <c>CUdeviceptr</c>.</summary>
    public ulong Address { get; init; }

    /// <summary>Moves an address by a number of elements.</summary>
    /// <param name="pointer">Address to start at.</param>
    /// <param name="elements">Number of elements, not bytes; negative moves back.</param>
    /// <exception cref="OverflowException">The result is not an address.</exception>
    public static DevicePointer<T> operator +(DevicePointer<T> pointer, long elements)
    {
        var bytes = checked(elements * Unsafe.SizeOf<T>());
        return new(checked(bytes < 0 ? pointer.Address - (ulong)-bytes : pointer.Address + (ulong)bytes));
    }

    /// <summary>Moves the address by a number of elements, as the operator + does.</summary>
    /// <param name="elements">Number of elements, not bytes; negative moves back.</param>
    public DevicePointer<T> Add(long elements) => this + elements;

    /// <summary>Gets the same address with another type of elements.</summary>
    /// <typeparam name="TOther">The other type.</typeparam>
    public DevicePointer<TOther> Cast<TOther>()
        where TOther : unmanaged => new(Address);

    /// <summary>Converts an address to a kernel's argument.</summary>
    /// <param name="pointer">The address.</param>
    public static implicit operator KernelArgument(DevicePointer<T> pointer) => KernelArgument.From(pointer);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"0x{Address:x}");
}
