using System.Runtime.InteropServices;

namespace Fusion.Runtime;

/// <summary>Memory of a rank for a number of elements: on its GPU, or in host memory for a rank on the CPU.</summary>
/// <remarks>Dispose it when no call uses it any more, and before its group; there is no finalizer, because nobody could tell
/// that a call still does. Copies wait until they are done, but not for
/// calls: synchronize the rank before reading what it wrote. One thread at a time.</remarks>
/// <typeparam name="T">The elements.</typeparam>
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

    /// <summary>Address of the first element: on the GPU, or on the host. A multiple of 256. Good until the buffer is
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
    /// <param name="source">At most <see cref="Length"/> values.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are too many.</exception>
    /// <exception cref="GpuException">The copy failed, or a kernel before it.</exception>
    public void CopyFrom(ReadOnlySpan<T> source)
    {
        if (device is not null) device.CopyFrom(source);
        else source.CopyTo(HostSpan(source.Length, nameof(source)));
    }

    /// <summary>Copies the start of the buffer.</summary>
    /// <param name="target">Room for at most <see cref="Length"/> values; it is filled.</param>
    /// <exception cref="ArgumentOutOfRangeException">It has room for more.</exception>
    /// <exception cref="GpuException">The copy failed, or a kernel before it.</exception>
    public void CopyTo(Span<T> target)
    {
        if (device is not null) device.CopyTo(target);
        else HostSpan(target.Length, nameof(target)).CopyTo(target);
    }

    /// <summary>Sets every byte: 0xFF makes NaN of all floating-point elements, which shows what a call left out.</summary>
    /// <param name="value">The byte.</param>
    /// <exception cref="GpuException">It failed, or a kernel before it.</exception>
    public void Fill(byte value)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed) != 0, this);
        if (device is not null) device.Fill(value);
        else NativeMemory.Fill(host, (nuint)Bytes, value);
    }

    /// <summary>The start of the buffer as a matrix of its own elements.</summary>
    /// <param name="rows">Number of rows, mostly tokens.</param>
    /// <param name="columns">Number of columns, mostly the hidden size.</param>
    /// <exception cref="ArgumentOutOfRangeException">The buffer is too small.</exception>
    /// <exception cref="NotSupportedException">T is not an element of tensors, such as a byte: name the type.</exception>
    public DeviceTensor AsTensor(long rows, long columns) => AsTensor(
        RankBufferElements.TypeOf<T>() ?? throw new NotSupportedException(
            $"What elements {typeof(T).Name} are is not known: call AsTensor(type, rows, columns)."),
        rows, columns);

    /// <summary>The start of the buffer as a matrix.</summary>
    /// <param name="type">What its bytes are: <see cref="ElementType.Float4E2M1"/>, of which two are a byte, and the
    /// like.</param>
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

    /// <summary>Frees the memory. Doing it twice is harmless.</summary>
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

/// <summary>Which elements of tensors .NET's types are.</summary>
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
