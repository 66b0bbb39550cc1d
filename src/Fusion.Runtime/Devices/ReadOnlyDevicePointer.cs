using System.Globalization;

namespace Fusion.Runtime;

/// <summary>An address in a GPU's memory that is only read: what a launcher takes where the kernel has a pointer to
/// <c>const</c>. It owns nothing. A <see cref="DevicePointer{T}"/> and a <see cref="DeviceBuffer{T}"/> become one by
/// themselves.</summary>
/// <typeparam name="T">What lies there.</typeparam>
/// <param name="Address">The address in bytes, a <c>CUdeviceptr</c>.</param>
public readonly record struct ReadOnlyDevicePointer<T>(ulong Address)
    where T : unmanaged
{
    /// <summary>The same address, to be read alone.</summary>
    /// <param name="pointer">The address.</param>
    public static implicit operator ReadOnlyDevicePointer<T>(DevicePointer<T> pointer) => new(pointer.Address);

    /// <summary>The address of a buffer's first element.</summary>
    /// <param name="buffer">The buffer.</param>
    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    public static implicit operator ReadOnlyDevicePointer<T>(DeviceBuffer<T> buffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        return buffer.Pointer;
    }

    /// <summary>The address as an argument of a kernel.</summary>
    /// <param name="pointer">The address.</param>
    public static implicit operator KernelArgument(ReadOnlyDevicePointer<T> pointer) =>
        KernelArgument.From(new DevicePointer<T>(pointer.Address));

    /// <summary>The address some elements further on, or back.</summary>
    /// <param name="pointer">Where to start.</param>
    /// <param name="elements">How many elements, not bytes.</param>
    /// <exception cref="OverflowException">The result is no address.</exception>
    public static ReadOnlyDevicePointer<T> operator +(ReadOnlyDevicePointer<T> pointer, long elements) =>
        new DevicePointer<T>(pointer.Address) + elements;

    /// <summary>The same as the operator +.</summary>
    /// <param name="elements">How many elements, not bytes.</param>
    public ReadOnlyDevicePointer<T> Add(long elements) => this + elements;

    /// <summary>The same address with elements of another type.</summary>
    /// <typeparam name="TOther">What lies there.</typeparam>
    public ReadOnlyDevicePointer<TOther> Cast<TOther>()
        where TOther : unmanaged => new(Address);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"0x{Address:x}");
}
