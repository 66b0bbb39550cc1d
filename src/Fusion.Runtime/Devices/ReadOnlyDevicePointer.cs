using System.Globalization;

namespace Fusion.Runtime;

/// <summary>An address in a GPU's memory that is only read: a launcher's parameter where the kernel has a pointer to
/// <c>const</c>. It does not own the memory. <see cref="DevicePointer{T}"/> and <see cref="DeviceBuffer{T}"/> convert to it
/// implicitly.</summary>
/// <typeparam name="T">Type of the elements.</typeparam>
/// <param name="Address">The address, a <c>CUdeviceptr</c>.</param>
public readonly record struct ReadOnlyDevicePointer<T>(ulong Address)
    where T : unmanaged
{
    /// <summary>Converts an address to one that is only read.</summary>
    /// <param name="pointer">The address.</param>
    public static implicit operator ReadOnlyDevicePointer<T>(DevicePointer<T> pointer) => new(pointer.Address);

    /// <summary>Converts a buffer to the address of its first element.</summary>
    /// <param name="buffer">The buffer.</param>
    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    public static implicit operator ReadOnlyDevicePointer<T>(DeviceBuffer<T> buffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        return buffer.Pointer;
    }

    /// <summary>Converts an address to a kernel's argument.</summary>
    /// <param name="pointer">The address.</param>
    public static implicit operator KernelArgument(ReadOnlyDevicePointer<T> pointer) =>
        KernelArgument.From(new DevicePointer<T>(pointer.Address));

    /// <summary>Moves an address by a number of elements.</summary>
    /// <param name="pointer">Address to start at.</param>
    /// <param name="elements">Number of elements, not bytes; negative moves back.</param>
    /// <exception cref="OverflowException">The result is not an address.</exception>
    public static ReadOnlyDevicePointer<T> operator +(ReadOnlyDevicePointer<T> pointer, long elements) =>
        new DevicePointer<T>(pointer.Address) + elements;

    /// <summary>Moves the address by a number of elements, as the operator + does.</summary>
    /// <param name="elements">Number of elements, not bytes; negative moves back.</param>
    public ReadOnlyDevicePointer<T> Add(long elements) => this + elements;

    /// <summary>Gets the same address with another type of elements.</summary>
    /// <typeparam name="TOther">The other type.</typeparam>
    public ReadOnlyDevicePointer<TOther> Cast<TOther>()
        where TOther : unmanaged => new(Address);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"0x{Address:x}");
}
