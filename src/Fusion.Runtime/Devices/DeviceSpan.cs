using System.Buffers;

namespace Fusion.Runtime;

/// <summary>A range of elements of a buffer in a GPU's memory, or in host memory for a rank on the CPU; or the elements of a
/// kernel's variable (<see cref="KernelLibrary.GetGlobal{T}(string)"/>). It keeps the buffer from being collected, but neither the
/// buffer nor the variable's library from being disposed.</summary>
/// <remarks>A copy or fill with a stream is enqueued in the stream and allocates nothing; the others return when they are
/// done, and do not wait for work in streams. For a rank on the CPU, where streams are null, all are done at once. Members may
/// be called from any thread.</remarks>
/// <typeparam name="T">Type of the elements.</typeparam>
public readonly unsafe struct DeviceSpan<T>
    where T : unmanaged
{
    private readonly DeviceMemory? memory;
    private readonly long start;

    internal DeviceSpan(DeviceMemory memory, long start, long length) => (this.memory, this.start, Length) = (memory, start, length);

    /// <summary>Number of elements.</summary>
    public long Length { get; }

    /// <summary>Whether the range has no elements.</summary>
    public bool IsEmpty => Length == 0;

    /// <summary>Address of the first element, valid until the buffer is disposed; 0 if the buffer has no elements.</summary>
    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    public DevicePointer<T> Pointer => memory is null ? default : new DevicePointer<T>(memory.Address) + start;

    private nuint Offset => (nuint)start * (nuint)sizeof(T);

    /// <summary>Converts a range to the address of its first element.</summary>
    /// <param name="span">The range.</param>
    public static implicit operator DevicePointer<T>(DeviceSpan<T> span) => span.Pointer;

    /// <summary>Converts a range to a kernel's argument, the address of its first element.</summary>
    /// <param name="span">The range.</param>
    public static implicit operator KernelArgument(DeviceSpan<T> span) => KernelArgument.From(span.Pointer);

    /// <summary>Gets the range from an element on.</summary>
    /// <param name="start">Index of the first element, from 0 to <see cref="Length"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such element.</exception>
    public DeviceSpan<T> Slice(long start) => Slice(start, Length - start);

    /// <summary>Gets a part of the range.</summary>
    /// <param name="start">Index of the first element, from 0.</param>
    /// <param name="length">Number of elements.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part is not within the range.</exception>
    public DeviceSpan<T> Slice(long start, long length)
    {
        if (start < 0 || start > Length)
            throw new ArgumentOutOfRangeException(nameof(start), start, $"Expected 0 to {Length}, the length.");
        if (length < 0 || length > Length - start)
            throw new ArgumentOutOfRangeException(nameof(length), length, $"Expected 0 to {Length - start}, the elements from {start} on.");
        return memory is null ? this : new(memory, this.start + start, length);
    }

    /// <summary>Copies values to the start of the range and waits until they are there.</summary>
    /// <param name="source">Values to copy, at most <see cref="Length"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are more values than elements.</exception>
    /// <exception cref="GpuException">The copy or an earlier kernel failed.</exception>
    public void CopyFrom(ReadOnlySpan<T> source)
    {
        ThrowIfLonger(source.Length, nameof(source));
        fixed (T* p = source) memory?.CopyFrom(Offset, p, Bytes(source.Length));
    }

    /// <summary>Copies values from pinned memory to the start of the range, in a stream. The source must keep its content until
    /// the copy is done.</summary>
    /// <param name="stream">The stream; null for a rank on the CPU.</param>
    /// <param name="source">Values to copy, at most <see cref="Length"/>: <see cref="MemoryManager{T}.Memory"/> of a
    /// <see cref="PinnedBuffer{T}"/>, or a slice of it.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are more values than elements.</exception>
    /// <exception cref="ArgumentException">The memory is not of a <see cref="PinnedBuffer{T}"/>.</exception>
    /// <exception cref="GpuException">The driver refuses, or an earlier kernel failed.</exception>
    public void CopyFrom(GpuStream? stream, ReadOnlyMemory<T> source)
    {
        ThrowIfLonger(source.Length, nameof(source));
        using var lease = PinnedBuffer<T>.Use(source, out var p);
        memory?.CopyFrom(stream, Offset, p, Bytes(source.Length));
    }

    /// <summary>Copies all elements to the host and waits until they are there. <see cref="Slice(long, long)"/> gives a part to
    /// copy.</summary>
    /// <param name="destination">Span whose start is filled, of <see cref="Length"/> values at least.</param>
    /// <exception cref="ArgumentOutOfRangeException">The span is shorter than the range.</exception>
    /// <exception cref="GpuException">The copy or an earlier kernel failed.</exception>
    public void CopyTo(Span<T> destination)
    {
        ThrowIfShorter(destination.Length, nameof(destination));
        fixed (T* p = destination) memory?.CopyTo(Offset, p, Bytes(Length));
    }

    /// <summary>Copies all elements to pinned memory, in a stream. The values are there when the stream's work is
    /// done.</summary>
    /// <param name="stream">The stream; null for a rank on the CPU.</param>
    /// <param name="destination">Memory whose start is filled, of <see cref="Length"/> values at least:
    /// <see cref="MemoryManager{T}.Memory"/> of a <see cref="PinnedBuffer{T}"/>, or a slice of it.</param>
    /// <exception cref="ArgumentOutOfRangeException">The memory is shorter than the range.</exception>
    /// <exception cref="ArgumentException">The memory is not of a <see cref="PinnedBuffer{T}"/>.</exception>
    /// <exception cref="GpuException">The driver refuses, or an earlier kernel failed.</exception>
    public void CopyTo(GpuStream? stream, Memory<T> destination)
    {
        ThrowIfShorter(destination.Length, nameof(destination));
        using var lease = PinnedBuffer<T>.Use(destination, out var p);
        memory?.CopyTo(stream, Offset, p, Bytes(Length));
    }

    /// <summary>Copies all elements to another range, also of another GPU, in a stream.</summary>
    /// <param name="stream">A stream of either GPU; null between ranks on the CPU.</param>
    /// <param name="destination">Range whose start is filled, of <see cref="Length"/> elements at least.</param>
    /// <exception cref="ArgumentOutOfRangeException">The destination is shorter.</exception>
    /// <exception cref="GpuException">The driver refuses, or an earlier kernel failed.</exception>
    public void CopyTo(GpuStream? stream, DeviceSpan<T> destination)
    {
        ThrowIfShorter(destination.Length, nameof(destination));
        if (Length > 0) memory!.CopyTo(stream, Offset, destination.memory!, destination.Offset, Bytes(Length));
    }

    /// <summary>Sets all bytes of the range to 0 and waits until they are set.</summary>
    /// <exception cref="GpuException">The fill or an earlier kernel failed.</exception>
    public void Clear() => FillBytes(0);

    /// <summary>Sets all bytes of the range to 0, in a stream.</summary>
    /// <param name="stream">The stream; null for a rank on the CPU.</param>
    /// <exception cref="GpuException">The driver refuses, or an earlier kernel failed.</exception>
    public void Clear(GpuStream? stream) => FillBytes(stream, 0);

    /// <summary>Sets every byte of the range and waits until they are set. 0xFF makes NaN of all floating-point elements, which
    /// shows what a kernel did not write.</summary>
    /// <param name="value">Value of each byte.</param>
    /// <exception cref="GpuException">The fill or an earlier kernel failed.</exception>
    public void FillBytes(byte value) => memory?.Fill(Offset, value, Bytes(Length));

    /// <summary>Sets every byte of the range, in a stream.</summary>
    /// <param name="stream">The stream; null for a rank on the CPU.</param>
    /// <param name="value">Value of each byte.</param>
    /// <exception cref="GpuException">The driver refuses, or an earlier kernel failed.</exception>
    public void FillBytes(GpuStream? stream, byte value) => memory?.Fill(stream, Offset, value, Bytes(Length));

    /// <summary>Gets the start of the range as a matrix of the range's own elements, which keeps the buffer from being
    /// collected.</summary>
    /// <param name="rows">Number of rows, mostly tokens.</param>
    /// <param name="columns">Number of columns, mostly the hidden size.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range is too small.</exception>
    /// <exception cref="NotSupportedException"><typeparamref name="T"/> is no element type of tensors, such as
    /// <see cref="byte"/>: name the type.</exception>
    public DeviceTensor AsTensor(long rows, long columns) => AsTensor(
        TensorElements.TypeOf<T>() ?? throw new NotSupportedException(
            $"What elements {typeof(T).Name} are is not known: call AsTensor(type, rows, columns)."),
        rows, columns);

    /// <summary>Gets the start of the range as a matrix of a type, which keeps the buffer from being collected.</summary>
    /// <param name="type">Type of the matrix's elements; two of <see cref="ElementType.Float4E2M1"/> are one byte.</param>
    /// <param name="rows">Number of rows, mostly tokens.</param>
    /// <param name="columns">Number of columns, mostly the hidden size.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range is too small.</exception>
    public DeviceTensor AsTensor(ElementType type, long rows, long columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        var bytes = DeviceTensor.ByteCount(type, checked(rows * columns));
        return bytes <= Length * sizeof(T)
            ? new(Pointer.Address, type, rows, columns) { Owner = memory }
            : throw new ArgumentOutOfRangeException(
                nameof(rows), $"{rows} × {columns} elements of {type} are {bytes} bytes, but there are {Length * sizeof(T)}.");
    }

    private static nuint Bytes(long elements) => checked((nuint)elements * (nuint)sizeof(T));

    private void ThrowIfLonger(long elements, string parameter)
    {
        if (elements > Length)
            throw new ArgumentOutOfRangeException(parameter, $"There are {elements} elements on the host, but {Length} in the buffer.");
    }

    private void ThrowIfShorter(long elements, string parameter)
    {
        if (elements < Length)
            throw new ArgumentOutOfRangeException(parameter, elements, $"Expected {Length} elements at least, the length of the source.");
    }
}
