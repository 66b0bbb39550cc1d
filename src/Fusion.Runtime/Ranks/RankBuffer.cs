using System.Runtime.InteropServices;

namespace Fusion.Runtime;

/// <summary>A buffer of a rank: on its GPU, or in host memory for a rank on the CPU.</summary>
/// <remarks>Dispose it when no call uses it any more, and before its group. It has no finalizer, which could not know
/// whether a call still uses it. Copies return when they are done, but do not wait for calls: synchronize the rank before
/// reading what it wrote. Use it from one thread at a time.</remarks>
/// <typeparam name="T">Type of the elements.</typeparam>
public sealed unsafe class RankBuffer<T> : IDisposable
    where T : unmanaged
{
    private const nuint HostAlignment = 256;

    private readonly DeviceBuffer<T>? device;
    private readonly void* host;
    private int disposed;

    internal RankBuffer(GpuContext? context, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;
        if (context is not null) device = new DeviceBuffer<T>(context, length);
        else host = NativeMemory.AlignedAlloc(checked((nuint)length * (nuint)sizeof(T)), HostAlignment);
    }

    /// <summary>Number of elements.</summary>
    public long Length { get; }

    /// <summary>Address of the first element: on the GPU, or on the host. A multiple of 256, valid until the buffer is
    /// disposed.</summary>
    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    public DevicePointer<T> Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed) != 0, this);
            return device?.Pointer ?? new((ulong)host);
        }
    }

    private long Bytes => Length * sizeof(T);

    /// <summary>Copies values to the start of the buffer and waits until they are there.</summary>
    /// <param name="source">Values to copy, at most <see cref="Length"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are more values than elements.</exception>
    /// <exception cref="GpuException">The copy or an earlier kernel failed.</exception>
    public void CopyFrom(ReadOnlySpan<T> source)
    {
        if (device is not null) device.CopyFrom(source);
        else source.CopyTo(HostSpan(source.Length, nameof(source)));
    }

    /// <summary>Copies the start of the buffer to the host and waits until it is there.</summary>
    /// <param name="target">Span that is filled, of at most <see cref="Length"/> values.</param>
    /// <exception cref="ArgumentOutOfRangeException">The span is longer than the buffer.</exception>
    /// <exception cref="GpuException">The copy or an earlier kernel failed.</exception>
    public void CopyTo(Span<T> target)
    {
        if (device is not null) device.CopyTo(target);
        else HostSpan(target.Length, nameof(target)).CopyTo(target);
    }

    /// <summary>Sets every byte of the buffer. 0xFF makes NaN of all floating-point elements, which shows what a call did
    /// not write.</summary>
    /// <param name="value">Value of each byte.</param>
    /// <exception cref="GpuException">The fill or an earlier kernel failed.</exception>
    public void Fill(byte value)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed) != 0, this);
        if (device is not null) device.Fill(value);
        else NativeMemory.Fill(host, (nuint)Bytes, value);
    }

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

    /// <summary>Frees the memory. Disposing twice is harmless.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0) return;
        if (device is not null) device.Dispose();
        else NativeMemory.AlignedFree(host);
    }

    private Span<T> HostSpan(int count, string parameter)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed) != 0, this);
        return count <= Length
            ? new(host, count)
            : throw new ArgumentOutOfRangeException(parameter, $"The span has {count} elements, but the buffer {Length}.");
    }
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
