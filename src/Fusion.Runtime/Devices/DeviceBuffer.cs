using System.Runtime.CompilerServices;

namespace Fusion.Runtime;

/// <summary>A buffer in a GPU's memory.</summary>
/// <remarks>Dispose it when no kernel uses it any more, and before its context. It has no finalizer, which could not know
/// whether a kernel still runs. Copies return when they are done, but do not wait for kernels in streams: synchronize a
/// stream before reading what it wrote. Use it from one thread at a time.</remarks>
/// <typeparam name="T">Type of the elements, laid out as the kernel expects them.</typeparam>
public sealed unsafe class DeviceBuffer<T> : IDisposable
    where T : unmanaged
{
    private const nint DefaultStream = 0;

    private readonly GpuContext context;
    private readonly ulong address;
    private int disposed;

    /// <summary>Allocates a buffer with undefined content.</summary>
    /// <param name="context">Context of the GPU to allocate on.</param>
    /// <param name="length">Number of elements, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative.</exception>
    /// <exception cref="GpuException">There is not enough memory, with the result CUDA_ERROR_OUT_OF_MEMORY.</exception>
    public DeviceBuffer(GpuContext context, long length)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        this.context = context;
        Length = length;
        if (length == 0) return;
        context.MakeCurrent();
        GpuDriver.Check(GpuDriver.Library.Memory.Allocate(Bytes(length), out address), "cuMemAlloc");
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

    /// <summary>Number of elements.</summary>
    public long Length { get; }

    /// <summary>Address of the first element, valid until the buffer is disposed; 0 for an empty buffer.</summary>
    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    public DevicePointer<T> Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed) != 0, this);
            return new(address);
        }
    }

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

    /// <summary>Copies values to the start of the buffer and waits until they are there.</summary>
    /// <param name="source">Values to copy, at most <see cref="Length"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are more values than elements.</exception>
    /// <exception cref="GpuException">The copy or an earlier kernel failed.</exception>
    public void CopyFrom(ReadOnlySpan<T> source)
    {
        if (!CheckLengthAndMakeCurrent(source.Length, nameof(source))) return;
        fixed (T* p = source)
            GpuDriver.Check(GpuDriver.Library.Memory.CopyToDevice(address, p, Bytes(source.Length)), "cuMemcpyHtoD");
        WaitForDefaultStream();
    }

    /// <summary>Copies the start of the buffer to the host and waits until it is there.</summary>
    /// <param name="target">Span that is filled, of at most <see cref="Length"/> values.</param>
    /// <exception cref="ArgumentOutOfRangeException">The span is longer than the buffer.</exception>
    /// <exception cref="GpuException">The copy or an earlier kernel failed.</exception>
    public void CopyTo(Span<T> target)
    {
        if (!CheckLengthAndMakeCurrent(target.Length, nameof(target))) return;
        fixed (T* p = target)
            GpuDriver.Check(GpuDriver.Library.Memory.CopyToHost(p, address, Bytes(target.Length)), "cuMemcpyDtoH");
    }

    /// <summary>Sets every byte of the buffer. 0xFF makes NaN of all floating-point elements, which shows what a kernel did
    /// not write.</summary>
    /// <param name="value">Value of each byte.</param>
    /// <exception cref="GpuException">The fill or an earlier kernel failed.</exception>
    public void Fill(byte value)
    {
        if (!CheckLengthAndMakeCurrent(Length, nameof(value))) return;
        GpuDriver.Check(GpuDriver.Library.Memory.Fill(address, value, Bytes(Length)), "cuMemsetD8");
        WaitForDefaultStream();
    }

    /// <summary>Frees the memory, after kernels that run. Disposing twice is harmless.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0 || address == 0) return;
        context.Free((nint)address, static handle => GpuDriver.Library.Memory.Free((ulong)handle));
    }

    private static nuint Bytes(long elements) => checked((nuint)elements * (nuint)Unsafe.SizeOf<T>());

    private bool CheckLengthAndMakeCurrent(long elements, string parameter)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed) != 0, this);
        if (elements > Length)
        {
            throw new ArgumentOutOfRangeException(
                parameter, $"The span has {elements} elements, but the buffer on the GPU {Length}.");
        }

        if (elements == 0) return false;
        context.MakeCurrent();
        return true;
    }

    // A copy from pageable memory and a fill return early, and streams of this library do not wait for the default stream.
    private static void WaitForDefaultStream() =>
        GpuDriver.Check(GpuDriver.Library.Stream.Synchronize(DefaultStream), "cuStreamSynchronize");
}
