using System.Globalization;
using System.Runtime.CompilerServices;

namespace Fusion.Runtime;

/// <summary>An address in a GPU's memory. It owns nothing; whoever gave it says how long it is good.</summary>
/// <typeparam name="T">What lies there.</typeparam>
/// <param name="Address">The address in bytes, a <c>CUdeviceptr</c>.</param>
public readonly record struct DevicePointer<T>(ulong Address)
    where T : unmanaged
{
    /// <summary>The address some elements further on, or back.</summary>
    /// <param name="pointer">Where to start.</param>
    /// <param name="elements">How many elements, not bytes.</param>
    /// <exception cref="OverflowException">The result is no address.</exception>
    public static DevicePointer<T> operator +(DevicePointer<T> pointer, long elements)
    {
        var bytes = checked(elements * Unsafe.SizeOf<T>());
        return new(checked(bytes < 0 ? pointer.Address - (ulong)-bytes : pointer.Address + (ulong)bytes));
    }

    /// <summary>The same as the operator +.</summary>
    /// <param name="elements">How many elements, not bytes.</param>
    public DevicePointer<T> Add(long elements) => this + elements;

    /// <summary>The same address with elements of another type.</summary>
    /// <typeparam name="TOther">What lies there.</typeparam>
    public DevicePointer<TOther> Cast<TOther>()
        where TOther : unmanaged => new(Address);

    /// <summary>The address as an argument of a kernel.</summary>
    /// <param name="pointer">The address.</param>
    public static implicit operator KernelArgument(DevicePointer<T> pointer) => KernelArgument.From(pointer);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"0x{Address:x}");
}
