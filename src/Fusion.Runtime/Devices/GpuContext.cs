using System.Runtime.CompilerServices;
using Fusion.Interop.Driver;

namespace Fusion.Runtime;

/// <summary>A context of a GPU. <see cref="Open"/> gives the primary context, which CUDA's runtime library and most others
/// share; <see cref="FromHandle"/> wraps one that another library made for itself.</summary>
/// <remarks>Streams, events, buffers and kernel libraries that were made in a context can be disposed before it or after it;
/// after it they can do nothing else. Kernels that generated launchers loaded are unloaded with it. The primary context itself
/// ends when everything that was made in it is freed and its last owner in the process has released it. Members may be called
/// from any thread.</remarks>
public sealed class GpuContext : IDisposable
{
    private readonly NativeHandle handle;
    private readonly bool isForeign;
    private readonly List<KernelLibrary> owned = [];
    private readonly Lazy<GpuStream> copies;
    private object?[] slots = [];
    private bool isClosing;

    private GpuContext(GpuDevice device)
        : this(device, Retain(device), _ => GpuDriver.LibraryIfAny?.Context.ReleasePrimary(device.Handle) ?? CudaResult.InvalidValue)
    {
    }

    private GpuContext(GpuDevice device, nint handle, Func<nint, CudaResult>? release)
    {
        Device = device;
        isForeign = release is null;
        this.handle = new(null, handle, "context", release ?? (_ => CudaResult.Success));
        copies = new(() => new GpuStream(this));
    }

    /// <summary>GPU of the context.</summary>
    public GpuDevice Device { get; }

    /// <summary>Handle of the context in the driver, a <c>CUcontext</c>.</summary>
    /// <exception cref="ObjectDisposedException">The context is disposed.</exception>
    public nint Handle => IsDisposed ? throw new ObjectDisposedException(nameof(GpuContext)) : handle.Value;

    internal bool IsDisposed => handle.IsDisposed;

    /// <summary>Stream of copies that the caller waits for.</summary>
    internal GpuStream Copies => copies.Value;

    /// <summary>Opens the primary context of a GPU.</summary>
    /// <param name="ordinal">Ordinal of the GPU, from 0.</param>
    /// <returns>A context, to be disposed.</returns>
    /// <exception cref="NoGpuException">There is no driver.</exception>
    /// <exception cref="NoGpuException">There is no GPU of that ordinal.</exception>
    /// <exception cref="GpuException">The driver cannot make a context.</exception>
    public static GpuContext Open(int ordinal = 0) => new(GpuDevice.Get(ordinal));

    /// <summary>Wraps a context of another library, to work with its streams and memory. Libraries on CUDA's runtime
    /// library, TorchSharp's libtorch among them, use the primary context: <see cref="Open"/> it instead.</summary>
    /// <param name="handle">The library's <c>CUcontext</c>: ManagedCuda's <c>CUcontext.Pointer</c>, ILGPU's
    /// <c>CudaAccelerator.NativePtr</c>.</param>
    /// <returns>A context that the other library still owns. Make one, keep it for all work in that context, and dispose it
    /// before the owner destroys the context: that unloads the kernels and leaves the context alone.</returns>
    /// <exception cref="ArgumentException">The handle is 0.</exception>
    /// <exception cref="NoGpuException">There is no driver.</exception>
    /// <exception cref="GpuException">The driver does not know the context.</exception>
    public static GpuContext FromHandle(nint handle)
    {
        if (handle == 0)
            throw new ArgumentException("The context is null: expected a CUcontext of another library.", nameof(handle));
        _ = GpuDevice.Count; // starts the driver
        var functions = GpuDriver.Library.Context;
        GpuDriver.Check(functions.GetCurrent(out var before), "cuCtxGetCurrent");
        GpuDriver.Check(functions.SetCurrent(handle), "cuCtxSetCurrent");
        try
        {
            GpuDriver.Check(functions.GetDevice(out var device), "cuCtxGetDevice");
            return new(Enumerable.Range(0, GpuDevice.Count).Select(GpuDevice.Get).First(gpu => gpu.Handle == device), handle, null);
        }
        finally
        {
            _ = functions.SetCurrent(before);
        }
    }

    /// <summary>Gets the size of the memory that is free on the GPU now, in bytes. Other processes may take it before the next
    /// allocation; memory that buffers of streams have freed may be kept in the driver's pool and count as used.</summary>
    /// <exception cref="GpuException">The driver refuses.</exception>
    public long GetFreeMemoryBytes()
    {
        MakeCurrent();
        GpuDriver.Check(GpuDriver.Library.Memory.GetInfo(out var free, out _), "cuMemGetInfo");
        return checked((long)free);
    }

    /// <summary>Wraps an address of another library after checking it with the driver; once is enough for memory that stays.
    /// The other library still owns the memory, and must keep it until all kernels that use it have ended.</summary>
    /// <typeparam name="T">Type of the elements.</typeparam>
    /// <param name="address">The address on the GPU: ManagedCuda's <c>CUdeviceptr.Pointer</c>, ILGPU's
    /// <c>MemoryBuffer.NativePtr</c>, TorchSharp's <c>Storage.data_ptr()</c>.</param>
    /// <param name="length">Number of elements that are used from there on; with 0, any address is accepted.</param>
    /// <exception cref="FusionArgumentException">Kernels of this context cannot use that memory, or its allocation ends
    /// before.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative.</exception>
    /// <exception cref="ObjectDisposedException">The context is disposed.</exception>
    public DevicePointer<T> PointerTo<T>(nint address, long length)
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        var pointer = new DevicePointer<T>((ulong)address);
        if (length == 0) return pointer;
        var bytes = checked((ulong)length * (ulong)Unsafe.SizeOf<T>());
        ForeignMemory.At(pointer.Address).ThrowUnlessUsable(pointer.Address, bytes, Device.Ordinal, Handle);
        return pointer;
    }

    /// <summary>Makes this the calling thread's current context and leaves it so, as CUDA's runtime library does. Members of
    /// this library that need it call it themselves.</summary>
    /// <exception cref="ObjectDisposedException">The context is disposed.</exception>
    /// <exception cref="GpuException">The driver refuses.</exception>
    public void MakeCurrent()
    {
        var wanted = Handle;
        var functions = GpuDriver.Library.Context;
        // Other libraries change a thread's context too, so it cannot be remembered.
        GpuDriver.Check(functions.GetCurrent(out var current), "cuCtxGetCurrent");
        if (current != wanted) GpuDriver.Check(functions.SetCurrent(wanted), "cuCtxSetCurrent");
    }

    /// <summary>Waits for all work of the context on the GPU.</summary>
    /// <exception cref="GpuException">A kernel failed.</exception>
    public void Synchronize()
    {
        using var lease = handle.Lease();
        MakeCurrent();
        GpuDriver.Check(GpuDriver.Library.Context.Synchronize(), "cuCtxSynchronize");
    }

    /// <summary>Waits for all work of the context on a thread of its own, so that the caller can stop waiting for work that
    /// never ends. The context may be disposed meanwhile.</summary>
    /// <returns>A task that ends when all work is done that the GPU has by now, with a <see cref="GpuException"/> if a
    /// kernel failed.</returns>
    internal Task SynchronizeInBackground()
    {
        Keep();
        return Task.Factory.StartNew(
            () =>
            {
                try
                {
                    while (TryMakeCurrentToFree())
                    {
                        var result = GpuDriver.Library.Context.Synchronize();
                        // While a stream is being recorded the driver does not say when the others are done.
                        if (result != CudaResult.StreamCaptureUnsupported)
                        {
                            GpuDriver.Check(result, "cuCtxSynchronize");
                            return;
                        }

                        Thread.Sleep(1);
                    }
                }
                finally
                {
                    Release();
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Unloads the kernels that generated launchers loaded, and releases the context unless another library owns it:
    /// now, or when the last thing that was made in it is freed. Disposing twice is harmless.</summary>
    public void Dispose()
    {
        lock (owned)
        {
            isClosing = true;
            owned.ForEach(library => library.Dispose());
            owned.Clear();
        }

        if (copies.IsValueCreated) copies.Value.Dispose();
        handle.Dispose();
    }

    /// <summary>Registers a library to be disposed with the context.</summary>
    /// <param name="library">A library of this context.</param>
    internal void Own(KernelLibrary library)
    {
        lock (owned)
        {
            ObjectDisposedException.ThrowIf(isClosing, this);
            owned.RemoveAll(one => one.IsDisposed);
            owned.Add(library);
        }
    }

    /// <summary>Keeps the context until <see cref="Release"/>, also if it is disposed.</summary>
    /// <exception cref="ObjectDisposedException">The context is released.</exception>
    internal void Keep() => handle.Keep();

    /// <summary>Ends a <see cref="Keep"/>.</summary>
    internal void Release() => handle.Release();

    /// <summary>Makes this the calling thread's current context to free what is in it, also if it is disposed. Must be called
    /// between <see cref="Keep"/> and <see cref="Release"/>.</summary>
    /// <returns>Whether it is current; false if it was disposed and another library owns it, which may have destroyed it with
    /// all that is in it, and without its driver.</returns>
    internal bool TryMakeCurrentToFree() =>
        !(isForeign && IsDisposed) && GpuDriver.LibraryIfAny?.Context.SetCurrent(handle.Value) == CudaResult.Success;

    /// <summary>Gets what an assembly's launchers stored with the context; null for nothing.</summary>
    /// <param name="number">Number of the launchers.</param>
    internal object? Slot(int number)
    {
        var all = Volatile.Read(ref slots);
        return number < all.Length ? Volatile.Read(ref all[number]) : null;
    }

    /// <summary>Stores something with the context for an assembly's launchers.</summary>
    /// <param name="number">Number of the launchers.</param>
    /// <param name="value">What is stored.</param>
    internal void SetSlot(int number, object value)
    {
        lock (owned)
        {
            if (number >= slots.Length)
            {
                var longer = new object?[number + 1];
                slots.CopyTo(longer, 0);
                Volatile.Write(ref slots, longer);
            }

            Volatile.Write(ref slots[number], value);
        }
    }

    private static nint Retain(GpuDevice device)
    {
        GpuDriver.Check(GpuDriver.Library.Context.RetainPrimary(device.Handle, out var handle), "cuDevicePrimaryCtxRetain");
        return handle;
    }
}
