namespace Fusion.Runtime;

/// <summary>A buffer in a GPU's memory.</summary>
/// <remarks>Copies and fills without a stream return when they are done, and do not wait for work in streams: synchronize a
/// stream before reading what it wrote. Those with a stream are enqueued there and allocate nothing. An address taken from a
/// buffer does not keep the buffer: keep the buffer itself until its last kernel was launched. Members may be called from any
/// thread.</remarks>
/// <typeparam name="T">Type of the elements, laid out as the kernel expects them.</typeparam>
public sealed unsafe class DeviceBuffer<T> : IDisposable
    where T : unmanaged
{
    private readonly DeviceMemory memory;

    /// <summary>Allocates a buffer with undefined content.</summary>
    /// <param name="context">Context of the GPU to allocate on.</param>
    /// <param name="length">Number of elements, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative.</exception>
    /// <exception cref="GpuException">There is not enough memory, with the result CUDA_ERROR_OUT_OF_MEMORY.</exception>
    public DeviceBuffer(GpuContext context, long length)
        : this(DeviceMemory.Allocate(context ?? throw new ArgumentNullException(nameof(context)), Bytes(length)), length)
    {
    }

    /// <summary>Allocates a buffer and copies values into it.</summary>
    /// <param name="context">Context of the GPU to allocate on.</param>
    /// <param name="values">Content of the buffer.</param>
    /// <exception cref="GpuException">There is not enough memory, or the copy failed.</exception>
    public DeviceBuffer(GpuContext context, ReadOnlySpan<T> values)
        : this(context, values.Length)
    {
        try
        {
            CopyFrom(values);
        }
        catch (GpuException)
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Allocates a buffer with undefined content from the GPU's pool, in the order of a stream: without waiting for
    /// the GPU, and in memory that earlier work of the stream has freed.</summary>
    /// <param name="stream">The stream. Other streams may use the buffer after an event that is recorded in it from now on.
    /// Disposing the buffer frees it after the stream's work so far.</param>
    /// <param name="length">Number of elements, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative.</exception>
    /// <exception cref="GpuException">There is not enough memory.</exception>
    public DeviceBuffer(GpuStream stream, long length)
        : this(DeviceMemory.Allocate(stream ?? throw new ArgumentNullException(nameof(stream)), Bytes(length)), length)
    {
    }

    private DeviceBuffer(DeviceMemory memory, long length) => (this.memory, Length) = (memory, length);

    /// <summary>Number of elements.</summary>
    public long Length { get; }

    /// <summary>Address of the first element, valid until the buffer is disposed; 0 for an empty buffer.</summary>
    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    public DevicePointer<T> Pointer => new(memory.Address);

    /// <summary>All elements.</summary>
    public DeviceSpan<T> Span => new(memory, 0, Length);

    /// <summary>Converts a buffer to a kernel's argument, the address of its first element.</summary>
    /// <param name="buffer">The buffer.</param>
    public static implicit operator KernelArgument(DeviceBuffer<T> buffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        return KernelArgument.From(buffer.Pointer);
    }

    /// <summary>Converts a buffer to the address of its first element.</summary>
    /// <param name="buffer">The buffer.</param>
    public static implicit operator DevicePointer<T>(DeviceBuffer<T> buffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        return buffer.Pointer;
    }

    /// <summary>Converts a buffer to the range of all its elements.</summary>
    /// <param name="buffer">The buffer.</param>
    public static implicit operator DeviceSpan<T>(DeviceBuffer<T> buffer)
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

    /// <summary>Frees the memory, after kernels and copies that run; a buffer of a stream in the stream's order. Disposing twice
    /// is harmless.</summary>
    public void Dispose() => memory.Dispose();

    private static nuint Bytes(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        return checked((nuint)length * (nuint)sizeof(T));
    }
}
