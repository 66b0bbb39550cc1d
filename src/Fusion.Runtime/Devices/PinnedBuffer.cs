using System.Buffers;
using System.Runtime.InteropServices;
using Fusion.Interop.Driver;

namespace Fusion.Runtime;

/// <summary>A buffer in pinned host memory, from and to which a stream copies while the host goes on. Kernels can read and
/// write it too, across the bus.</summary>
/// <remarks>Its <see cref="MemoryManager{T}.Memory"/> and slices of that are what
/// <see cref="DeviceSpan{T}.CopyFrom(GpuStream?, ReadOnlyMemory{T})"/> takes. A span of it is valid until the buffer is
/// disposed. Disposing waits for copies that run. Members may be called from any thread.</remarks>
/// <typeparam name="T">Type of the elements.</typeparam>
public sealed unsafe class PinnedBuffer<T> : MemoryManager<T>
    where T : unmanaged
{
    private readonly NativeHandle? handle;
    private readonly GpuContext? context;
    private int disposed;

    /// <summary>Allocates a buffer of zeros.</summary>
    /// <param name="context">A context of the GPU that uses it; other GPUs may use it too.</param>
    /// <param name="length">Number of elements, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative.</exception>
    /// <exception cref="GpuException">There is not enough memory.</exception>
    public PinnedBuffer(GpuContext context, int length)
        : this(length, context ?? throw new ArgumentNullException(nameof(context)))
    {
    }

    /// <summary>Allocates a buffer for a context; memory that is not pinned where there is none.</summary>
    internal PinnedBuffer(int length, GpuContext? context)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        (Length, this.context) = (length, context);
        if (length == 0) return;
        var bytes = (nuint)length * (nuint)sizeof(T);
        void* address;
        if (context is null)
        {
            address = NativeMemory.AlignedAlloc(bytes, 256);
            handle = new(null, (nint)address, "host buffer", FreeHost);
        }
        else
        {
            context.MakeCurrent();
            GpuDriver.Check(GpuDriver.Library.HostMemory.Allocate(bytes, out address), "cuMemHostAlloc");
            handle = new(context, (nint)address, "pinned buffer", static address => GpuDriver.Library.HostMemory.Free((void*)address));
        }

        NativeMemory.Clear(address, bytes);
    }

    /// <summary>Number of elements.</summary>
    public int Length { get; }

    /// <summary>Elements of the buffer, valid until it is disposed.</summary>
    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    public Span<T> Span => GetSpan();

    /// <summary>Address of the first element as kernels see it, valid until the buffer is disposed; 0 for an empty
    /// buffer.</summary>
    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    /// <exception cref="GpuException">The driver does not map the memory.</exception>
    public DevicePointer<T> Pointer
    {
        get
        {
            using var lease = Lease();
            if (handle is null) return default;
            if (context is null) return new((ulong)handle.Value);
            context.MakeCurrent();
            GpuDriver.Check(GpuDriver.Library.HostMemory.GetDevicePointer((void*)handle.Value, out var address), "cuMemHostGetDevicePointer");
            return new(address);
        }
    }

    /// <inheritdoc/>
    public override Span<T> GetSpan()
    {
        ThrowIfDisposed();
        return handle is null ? [] : new((void*)handle.Value, Length);
    }

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(elementIndex);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(elementIndex, Length);
        ThrowIfDisposed();
        handle?.Keep();
        return new(handle is null ? null : (T*)handle.Value + elementIndex, pinnable: this);
    }

    /// <inheritdoc/>
    public override void Unpin() => handle?.Release();

    /// <summary>Frees the memory, after copies and kernels that run. Disposing twice is harmless.</summary>
    public void Dispose() => Dispose(disposing: true);

    /// <summary>Finds the buffer to which memory belongs, and keeps it from being freed until the lease is disposed.</summary>
    /// <param name="memory">Memory of a buffer.</param>
    /// <param name="address">Address of the first element.</param>
    /// <exception cref="ArgumentException">The memory is not of such a buffer.</exception>
    internal static HandleLease Use(ReadOnlyMemory<T> memory, out T* address)
    {
        if (memory.IsEmpty)
        {
            address = null;
            return default;
        }

        if (!MemoryMarshal.TryGetMemoryManager<T, PinnedBuffer<T>>(memory, out var owner, out var start, out _))
        {
            throw new ArgumentException(
                "The memory is not pinned: a copy in a stream reads or writes it later, when it may have moved. Expected Memory of a " +
                "PinnedBuffer or a slice of it; or copy without a stream, which waits.", nameof(memory));
        }

        var lease = owner.Lease();
        address = (T*)owner.handle!.Value + start;
        return lease;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        // A forgotten buffer is freed by its handle.
        if (disposing && Interlocked.Exchange(ref disposed, 1) == 0) handle?.Dispose();
    }

    private static CudaResult FreeHost(nint address)
    {
        NativeMemory.AlignedFree((void*)address);
        return CudaResult.Success;
    }

    private HandleLease Lease()
    {
        ThrowIfDisposed();
        return new(handle);
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed) != 0, this);
}
