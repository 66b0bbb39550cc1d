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

    private long Bytes => Length * sizeof(T);

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
    public void CopyTo(Span<T> target) => Span.CopyTo(target);

    /// <inheritdoc cref="DeviceSpan{T}.CopyTo(GpuStream?, Memory{T})"/>
    public void CopyTo(GpuStream? stream, Memory<T> target) => Span.CopyTo(stream, target);

    /// <inheritdoc cref="DeviceSpan{T}.CopyTo(GpuStream?, DeviceSpan{T})"/>
    public void CopyTo(GpuStream? stream, DeviceSpan<T> target) => Span.CopyTo(stream, target);

    /// <inheritdoc cref="DeviceSpan{T}.Fill(byte)"/>
    public void Fill(byte value) => Span.Fill(value);

    /// <inheritdoc cref="DeviceSpan{T}.Fill(GpuStream?, byte)"/>
    public void Fill(GpuStream? stream, byte value) => Span.Fill(stream, value);

    /// <summary>Gets the start of the buffer as a matrix of the buffer's own elements.</summary>
    /// <param name="rows">Number of rows, mostly tokens.</param>
    /// <param name="columns">Number of columns, mostly the hidden size.</param>
    /// <exception cref="ArgumentOutOfRangeException">The buffer is too small.</exception>
    /// <exception cref="NotSupportedException"><typeparamref name="T"/> is no element type of tensors, such as
    /// <see cref="byte"/>: name the type.</exception>
    public DeviceTensor AsTensor(long rows, long columns) => AsTensor(
        RankBufferElements.TypeOf<T>() ?? throw new NotSupportedException(
            $"What elements {typeof(T).Name} are is not known: call AsTensor(type, rows, columns)."),
        rows, columns);

    /// <summary>Gets the start of the buffer as a matrix of a type.</summary>
    /// <param name="type">Type of the matrix's elements; two of <see cref="ElementType.Float4E2M1"/> are one byte.</param>
    /// <param name="rows">Number of rows, mostly tokens.</param>
    /// <param name="columns">Number of columns, mostly the hidden size.</param>
    /// <exception cref="ArgumentOutOfRangeException">The buffer is too small.</exception>
    public DeviceTensor AsTensor(ElementType type, long rows, long columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        var bytes = DeviceTensor.ByteCount(type, checked(rows * columns));
        return bytes <= Bytes
            ? new(Pointer.Address, type, rows, columns)
            : throw new ArgumentOutOfRangeException(
                nameof(rows), $"{rows} × {columns} elements of {type} are {bytes} bytes, but the buffer has {Bytes}.");
    }

    /// <summary>Frees the memory, after kernels and copies that run. Disposing twice is harmless.</summary>
    public void Dispose() => memory.Dispose();
}

/// <summary>Maps .NET's types to the element types of tensors.</summary>
internal static class RankBufferElements
{
    public static ElementType? TypeOf<T>() =>
        typeof(T) == typeof(BFloat16) ? ElementType.BFloat16
        : typeof(T) == typeof(Half) ? ElementType.Float16
        : typeof(T) == typeof(float) ? ElementType.Float32
        : typeof(T) == typeof(Float8E4M3) ? ElementType.Float8E4M3
        : typeof(T) == typeof(Float8UE8M0) ? ElementType.Float8UE8M0
        : null;
}
