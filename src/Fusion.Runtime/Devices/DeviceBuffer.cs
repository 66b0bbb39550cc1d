using System.Runtime.CompilerServices;

namespace Fusion.Runtime;

/// <summary>Memory on a GPU for a number of elements.</summary>
/// <remarks>Dispose it when no kernel uses it any more, and before its context; there is no finalizer, because nobody
/// could tell that a kernel still runs. Copies wait until they are done, but not for kernels in streams: synchronize a
/// stream before reading what it wrote. One thread at a time.</remarks>
/// <typeparam name="T">The elements, laid out as the kernel expects them.</typeparam>
public sealed unsafe class DeviceBuffer<T> : IDisposable
    where T : unmanaged
{
    private const nint DefaultStream = 0;

    private readonly GpuContext context;
    private readonly ulong address;
    private int disposed;

    /// <summary>Allocates a buffer with undefined content.</summary>
    /// <param name="context">The GPU to allocate on.</param>
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
    /// <param name="context">The GPU to allocate on.</param>
    /// <param name="values">The buffer's content.</param>
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

    /// <summary>Address of the first element; 0 for an empty buffer. Good until the buffer is disposed.</summary>
    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    public DevicePointer<T> Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed) != 0, this);
            return new(address);
        }
    }

    /// <summary>The address of the first element as an argument of a kernel.</summary>
    /// <param name="buffer">The buffer.</param>
    public static implicit operator KernelArgument(DeviceBuffer<T> buffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        return KernelArgument.From(buffer.Pointer);
    }

    /// <summary>The address of the first element.</summary>
    /// <param name="buffer">The buffer.</param>
    public static implicit operator DevicePointer<T>(DeviceBuffer<T> buffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        return buffer.Pointer;
    }

    /// <summary>Copies values to the start of the buffer and waits until they are there.</summary>
    /// <param name="source">At most <see cref="Length"/> values.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are too many.</exception>
    /// <exception cref="GpuException">The copy failed, or a kernel before it.</exception>
    public void CopyFrom(ReadOnlySpan<T> source)
    {
        if (!MakeReady(source.Length, nameof(source))) return;
        fixed (T* p = source)
            GpuDriver.Check(GpuDriver.Library.Memory.CopyToDevice(address, p, Bytes(source.Length)), "cuMemcpyHtoD");
        WaitForDefaultStream();
    }

    /// <summary>Copies the start of the buffer to the host.</summary>
    /// <param name="target">Room for at most <see cref="Length"/> values; it is filled.</param>
    /// <exception cref="ArgumentOutOfRangeException">It has room for more.</exception>
    /// <exception cref="GpuException">The copy failed, or a kernel before it.</exception>
    public void CopyTo(Span<T> target)
    {
        if (!MakeReady(target.Length, nameof(target))) return;
        fixed (T* p = target)
            GpuDriver.Check(GpuDriver.Library.Memory.CopyToHost(p, address, Bytes(target.Length)), "cuMemcpyDtoH");
    }

    /// <summary>Sets every byte of the buffer: 0xFF makes NaN of all floating-point elements, which shows what a kernel
    /// left out.</summary>
    /// <param name="value">The byte.</param>
    /// <exception cref="GpuException">It failed, or a kernel before it.</exception>
    public void Fill(byte value)
    {
        if (!MakeReady(Length, nameof(value))) return;
        GpuDriver.Check(GpuDriver.Library.Memory.Fill(address, value, Bytes(Length)), "cuMemsetD8");
        WaitForDefaultStream();
    }

    /// <summary>Frees the memory, after the kernels that run. Doing it twice is harmless.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0 || address == 0) return;
        context.Free((nint)address, static handle => GpuDriver.Library.Memory.Free((ulong)handle));
    }

    private static nuint Bytes(long elements) => checked((nuint)elements * (nuint)Unsafe.SizeOf<T>());

    private bool MakeReady(long elements, string parameter)
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

    // A copy from pageable memory and a fill return early, and our streams do not wait for the default stream.
    private static void WaitForDefaultStream() =>
        GpuDriver.Check(GpuDriver.Library.Stream.Synchronize(DefaultStream), "cuStreamSynchronize");
}
