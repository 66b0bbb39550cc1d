using System.Runtime.InteropServices;
using Fusion.Interop.Driver;

namespace Fusion.Runtime;

/// <summary>Memory of a GPU, or of the host for a rank on the CPU, with the copies that buffers and spans of it do. Offsets
/// and sizes are in bytes, and the caller has checked them. Copies allocate nothing.</summary>
internal sealed unsafe class DeviceMemory : IDisposable
{
    private const nuint HostAlignment = 256;

    private readonly NativeHandle? handle;
    private readonly ulong start;
    private readonly bool isBorrowed;
    private int disposed;

    private DeviceMemory(GpuContext? context, nuint bytes, NativeHandle? handle) =>
        (Context, Bytes, this.handle, start) = (context, bytes, handle, handle is null ? 0 : (ulong)handle.Value);

    private DeviceMemory(GpuContext context, ulong address, nuint bytes, NativeHandle handle, bool isBorrowed) =>
        (Context, start, Bytes, this.handle, this.isBorrowed) = (context, address, bytes, handle, isBorrowed);

    /// <summary>Context of the memory; null for memory of the host.</summary>
    public GpuContext? Context { get; }

    /// <summary>Size in bytes.</summary>
    public nuint Bytes { get; }

    /// <summary>Address of the first byte, a multiple of 256 unless it is a variable's; 0 for no bytes.</summary>
    /// <exception cref="ObjectDisposedException">The memory is freed.</exception>
    public ulong Address
    {
        get
        {
            ThrowIfDisposed();
            return start;
        }
    }

    /// <summary>Gets the memory of a variable, which ends with the variable's module.</summary>
    /// <param name="context">Context of the module.</param>
    /// <param name="address">Address of the variable.</param>
    /// <param name="bytes">Size of the variable in bytes.</param>
    /// <param name="module">The module, which is not unloaded under a copy, and which the memory does not own.</param>
    public static DeviceMemory OfVariable(GpuContext context, ulong address, nuint bytes, NativeHandle module) =>
        new(context, address, bytes, module, isBorrowed: true);

    /// <summary>Gets memory that is mapped rather than allocated.</summary>
    /// <param name="context">Context that uses it.</param>
    /// <param name="address">Address of the first byte.</param>
    /// <param name="bytes">Size in bytes.</param>
    /// <param name="mapping">What is freed with the memory.</param>
    public static DeviceMemory Owning(GpuContext context, ulong address, nuint bytes, NativeHandle mapping) =>
        new(context, address, bytes, mapping, isBorrowed: false);

    /// <summary>Allocates memory.</summary>
    /// <param name="context">Context of the GPU; null for memory of the host.</param>
    /// <param name="bytes">Size in bytes.</param>
    /// <exception cref="GpuException">There is not enough memory on the GPU.</exception>
    /// <exception cref="OutOfMemoryException">There is not enough memory of the host.</exception>
    public static DeviceMemory Allocate(GpuContext? context, nuint bytes)
    {
        if (bytes == 0) return new(context, 0, null);
        if (context is null) return new(null, bytes, new(null, (nint)NativeMemory.AlignedAlloc(bytes, HostAlignment), "host buffer", FreeHost));
        context.MakeCurrent();
        var result = GpuDriver.Library.Memory.Allocate(bytes, out var address);
        // What was forgotten may still hold memory.
        if (result == CudaResult.OutOfMemory && Reclaimer.Flush(GpuDrain.Grace))
        {
            context.MakeCurrent();
            result = GpuDriver.Library.Memory.Allocate(bytes, out address);
        }

        GpuDriver.Check(result, "cuMemAlloc");
        return new(context, bytes, new(context, (nint)address, "buffer", static address => GpuDriver.Library.Memory.Free((ulong)address)));
    }

    /// <summary>Allocates memory in the order of a stream, in which it is freed too.</summary>
    /// <param name="stream">The stream, which is kept until the memory is freed.</param>
    /// <param name="bytes">Size in bytes.</param>
    /// <exception cref="GpuException">There is not enough memory.</exception>
    public static DeviceMemory Allocate(GpuStream stream, nuint bytes)
    {
        if (bytes == 0) return new(stream.Context, 0, null);
        using var lease = stream.Lease();
        stream.Context.MakeCurrent();
        GpuDriver.Check(GpuDriver.Library.Memory.Allocate(bytes, stream.Handle, out var address), "cuMemAllocAsync");
        stream.Keep();
        return new(stream.Context, bytes, new(stream.Context, (nint)address, "buffer", FreeInStream));

        CudaResult FreeInStream(nint address)
        {
            var result = GpuDriver.Library.Memory.Free((ulong)address, stream.Handle);
            stream.Release();
            // The stream of another library may be gone.
            return result == CudaResult.Success ? result : GpuDriver.Library.Memory.Free((ulong)address);
        }
    }

    /// <summary>Copies from the host and waits.</summary>
    public void CopyFrom(nuint offset, void* source, nuint bytes)
    {
        using var lease = Use();
        if (bytes == 0) return;
        if (Context is not { } context)
        {
            NativeMemory.Copy(source, (void*)Start(offset), bytes);
            return;
        }

        var stream = context.Copies;
        GpuDriver.Check(GpuDriver.Library.Memory.CopyToDevice(Start(offset), source, bytes, stream.Handle), "cuMemcpyHtoDAsync");
        stream.Synchronize();
    }

    /// <summary>Copies to the host and waits.</summary>
    public void CopyTo(nuint offset, void* target, nuint bytes)
    {
        using var lease = Use();
        if (bytes == 0) return;
        if (Context is not { } context)
        {
            NativeMemory.Copy((void*)Start(offset), target, bytes);
            return;
        }

        var stream = context.Copies;
        GpuDriver.Check(GpuDriver.Library.Memory.CopyToHost(target, Start(offset), bytes, stream.Handle), "cuMemcpyDtoHAsync");
        stream.Synchronize();
    }

    /// <summary>Sets bytes and waits.</summary>
    public void Fill(nuint offset, byte value, nuint bytes)
    {
        using var lease = Use();
        if (bytes == 0) return;
        if (Context is not { } context)
        {
            NativeMemory.Fill((void*)Start(offset), bytes, value);
            return;
        }

        var stream = context.Copies;
        GpuDriver.Check(GpuDriver.Library.Memory.Fill(Start(offset), value, bytes, stream.Handle), "cuMemsetD8Async");
        stream.Synchronize();
    }

    /// <summary>Copies from pinned memory in a stream; at once for memory of the host.</summary>
    public void CopyFrom(GpuStream? stream, nuint offset, void* source, nuint bytes)
    {
        if (Context is null)
        {
            CopyFrom(offset, source, bytes);
            return;
        }

        ArgumentNullException.ThrowIfNull(stream);
        using var lease = Use();
        using var streamLease = stream.Lease();
        if (bytes > 0)
            GpuDriver.Check(GpuDriver.Library.Memory.CopyToDevice(Start(offset), source, bytes, stream.Handle), "cuMemcpyHtoDAsync");
    }

    /// <summary>Copies to pinned memory in a stream; at once for memory of the host.</summary>
    public void CopyTo(GpuStream? stream, nuint offset, void* target, nuint bytes)
    {
        if (Context is null)
        {
            CopyTo(offset, target, bytes);
            return;
        }

        ArgumentNullException.ThrowIfNull(stream);
        using var lease = Use();
        using var streamLease = stream.Lease();
        if (bytes > 0)
            GpuDriver.Check(GpuDriver.Library.Memory.CopyToHost(target, Start(offset), bytes, stream.Handle), "cuMemcpyDtoHAsync");
    }

    /// <summary>Copies to other memory in a stream; at once between memory of the host.</summary>
    public void CopyTo(GpuStream? stream, nuint offset, DeviceMemory target, nuint targetOffset, nuint bytes)
    {
        using var lease = Use();
        using var targetLease = target.Use();
        if (bytes == 0) return;
        if (Context is null && target.Context is null)
        {
            NativeMemory.Copy((void*)Start(offset), (void*)target.Start(targetOffset), bytes);
            return;
        }

        ArgumentNullException.ThrowIfNull(stream);
        using var streamLease = stream.Lease();
        stream.Context.MakeCurrent();
        GpuDriver.Check(
            GpuDriver.Library.Memory.Copy(target.Start(targetOffset), Start(offset), bytes, stream.Handle), "cuMemcpyAsync");
    }

    /// <summary>Sets bytes in a stream; at once for memory of the host.</summary>
    public void Fill(GpuStream? stream, nuint offset, byte value, nuint bytes)
    {
        if (Context is null)
        {
            Fill(offset, value, bytes);
            return;
        }

        ArgumentNullException.ThrowIfNull(stream);
        using var lease = Use();
        using var streamLease = stream.Lease();
        if (bytes > 0) GpuDriver.Check(GpuDriver.Library.Memory.Fill(Start(offset), value, bytes, stream.Handle), "cuMemsetD8Async");
    }

    /// <summary>Keeps the memory, also if it is disposed or forgotten, until <see cref="Release"/>.</summary>
    public void Keep() => handle?.Keep();

    /// <summary>Ends a <see cref="Keep"/>.</summary>
    public void Release() => handle?.Release();

    /// <summary>Frees the memory, after kernels and copies that run, or in the order of its stream. Disposing twice is
    /// harmless.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 0 && !isBorrowed) handle?.Dispose();
    }

    private static CudaResult FreeHost(nint address)
    {
        NativeMemory.AlignedFree((void*)address);
        return CudaResult.Success;
    }

    private ulong Start(nuint offset) => start + offset;

    private void ThrowIfDisposed()
    {
        if (isBorrowed && handle!.IsDisposed)
            throw new ObjectDisposedException(nameof(KernelLibrary), "The kernel library of the variable is disposed.");
        if (Volatile.Read(ref disposed) != 0) throw new ObjectDisposedException("buffer", "The buffer is disposed.");
    }

    private HandleLease Use()
    {
        ThrowIfDisposed();
        Context?.MakeCurrent();
        return new(handle);
    }
}
