namespace Fusion.Runtime;

/// <summary>A buffer of a rank: on its GPU, or in host memory for a rank on the CPU.</summary>
/// <remarks>Copies and fills without a stream return when they are done, and do not wait for calls: synchronize the rank before
/// reading what it wrote. Those with a stream are enqueued there; on the CPU, where a rank's stream is null, they are done at
/// once. Members may be called from any thread.</remarks>
/// <typeparam name="T">Type of the elements.</typeparam>
public sealed unsafe class RankBuffer<T> : IDisposable
    where T : unmanaged
{
    private readonly DeviceMemory memory;

    internal RankBuffer(GpuContext? context, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;
        memory = DeviceMemory.Allocate(context, checked((nuint)length * (nuint)sizeof(T)));
    }

    /// <summary>Number of elements.</summary>
    public long Length { get; }

    /// <summary>Address of the first element: on the GPU, or on the host. A multiple of 256, valid until the buffer is
    /// disposed; 0 for an empty buffer.</summary>
    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    public DevicePointer<T> Pointer => new(memory.Address);

    /// <summary>All elements.</summary>
    public DeviceSpan<T> Span => new(memory, 0, Length);

    /// <summary>Converts a buffer to a kernel's argument, the address of its first element.</summary>
    /// <param name="buffer">The buffer.</param>
    public static implicit operator KernelArgument(RankBuffer<T> buffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        return KernelArgument.From(buffer.Pointer);
    }

    /// <summary>Converts a buffer to the address of its first element.</summary>
    /// <param name="buffer">The buffer.</param>
    public static implicit operator DevicePointer<T>(RankBuffer<T> buffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        return buffer.Pointer;
    }

    /// <summary>Converts a buffer to the range of all its elements.</summary>
    /// <param name="buffer">The buffer.</param>
    public static implicit operator DeviceSpan<T>(RankBuffer<T> buffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        return buffer.Span;
    }

    /// <summary>Gets the elements from an index on.</summary>
    /// <param name="start">Index of the first element, from 0 to <see cref="Length"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such element.</exception>
    public DeviceSpan<T> Slice(long start) => Span.Slice(start);

    /// <summary>Gets a range of elements.</summary>
    /// <param name="start">Index of the first element, from 0.</param>
    /// <param name="length">Number of elements.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range is not within the buffer.</exception>
    public DeviceSpan<T> Slice(long start, long length) => Span.Slice(start, length);

    /// <inheritdoc cref="DeviceSpan{T}.CopyFrom(ReadOnlySpan{T})"/>
    public void CopyFrom(ReadOnlySpan<T> source) => Span.CopyFrom(source);

    /// <inheritdoc cref="DeviceSpan{T}.CopyFrom(GpuStream?, ReadOnlyMemory{T})"/>
    public void CopyFrom(GpuStream? stream, ReadOnlyMemory<T> source) => Span.CopyFrom(stream, source);

    /// <inheritdoc cref="DeviceSpan{T}.CopyTo(Span{T})"/>
    public void CopyTo(Span<T> destination) => Span.CopyTo(destination);

    /// <inheritdoc cref="DeviceSpan{T}.CopyTo(GpuStream?, Memory{T})"/>
    public void CopyTo(GpuStream? stream, Memory<T> destination) => Span.CopyTo(stream, destination);

    /// <inheritdoc cref="DeviceSpan{T}.CopyTo(GpuStream?, DeviceSpan{T})"/>
    public void CopyTo(GpuStream? stream, DeviceSpan<T> destination) => Span.CopyTo(stream, destination);

    /// <inheritdoc cref="DeviceSpan{T}.Clear()"/>
    public void Clear() => Span.Clear();

    /// <inheritdoc cref="DeviceSpan{T}.Clear(GpuStream?)"/>
    public void Clear(GpuStream? stream) => Span.Clear(stream);

    /// <inheritdoc cref="DeviceSpan{T}.FillBytes(byte)"/>
    public void FillBytes(byte value) => Span.FillBytes(value);

    /// <inheritdoc cref="DeviceSpan{T}.FillBytes(GpuStream?, byte)"/>
    public void FillBytes(GpuStream? stream, byte value) => Span.FillBytes(stream, value);

    /// <inheritdoc cref="DeviceSpan{T}.AsTensor(long, long)"/>
    public DeviceTensor AsTensor(long rows, long columns) => Span.AsTensor(rows, columns);

    /// <inheritdoc cref="DeviceSpan{T}.AsTensor(ElementType, long, long)"/>
    public DeviceTensor AsTensor(ElementType type, long rows, long columns) => Span.AsTensor(type, rows, columns);

    /// <summary>Frees the memory, after kernels and copies that run. Disposing twice is harmless.</summary>
    public void Dispose() => memory.Dispose();
}
