using System.Runtime.CompilerServices;
using Fusion.Interop.Driver;

namespace Fusion.Runtime;

/// <summary>A context of a GPU. <see cref="Open"/> gives the primary context, which CUDA's runtime library and most others
/// share; <see cref="FromHandle"/> wraps one that another library made for itself.</summary>
/// <remarks>Dispose it after everything that was made in it: streams, events, buffers and kernel libraries. Kernels that
/// generated launchers loaded are unloaded with it. The primary context itself ends when its last owner in the process has
/// released it. Members may be called from any thread.</remarks>
public sealed class GpuContext : IDisposable
{
    private readonly nint handle;
    private readonly bool isRetained;
    private readonly List<KernelLibrary> owned = [];
    private int disposed;
    private bool isClosing;

    private GpuContext(GpuDevice device)
    {
        Device = device;
        GpuDriver.Check(GpuDriver.Library.Context.RetainPrimary(device.Handle, out handle), "cuDevicePrimaryCtxRetain");
        isRetained = true;
    }

    private GpuContext(GpuDevice device, nint handle) => (Device, this.handle) = (device, handle);

    /// <summary>GPU of the context.</summary>
    public GpuDevice Device { get; }

    /// <summary>Handle of the context in the driver, a <c>CUcontext</c>.</summary>
    public nint Handle => IsDisposed ? throw new ObjectDisposedException(nameof(GpuContext)) : handle;

    internal bool IsDisposed => Volatile.Read(ref disposed) != 0;

    /// <summary>Opens the primary context of a GPU.</summary>
    /// <param name="ordinal">Ordinal of the GPU, from 0.</param>
    /// <returns>A context, to be disposed.</returns>
    /// <exception cref="NoDriverException">There is no driver.</exception>
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
    /// <exception cref="NoDriverException">There is no driver.</exception>
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
            return new(Enumerable.Range(0, GpuDevice.Count).Select(GpuDevice.Get).First(gpu => gpu.Handle == device), handle);
        }
        finally
        {
            _ = functions.SetCurrent(before);
        }
    }

    /// <summary>Wraps an address of another library after checking it with the driver; once is enough for memory that stays.
    /// The other library still owns the memory, and must keep it until all kernels that use it have ended.</summary>
    /// <typeparam name="T">Type of the elements.</typeparam>
    /// <param name="address">The address on the GPU: ManagedCuda's <c>CUdeviceptr.Pointer</c>, ILGPU's
    /// <c>MemoryBuffer.NativePtr</c>, TorchSharp's <c>Storage.data_ptr()</c>.</param>
    /// <param name="length">Number of elements that are used from there on; with 0, any address is accepted.</param>
    /// <exception cref="ForeignHandleException">Kernels of this context cannot use that memory, or its allocation ends
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
        MakeCurrent();
        GpuDriver.Check(GpuDriver.Library.Context.Synchronize(), "cuCtxSynchronize");
    }

    /// <summary>Waits for all work of the context on a thread of its own, so that the caller can stop waiting for work that
    /// never ends.</summary>
    /// <returns>A task that ends when all work is done that the GPU has by now, with a <see cref="GpuException"/> if a
    /// kernel failed.</returns>
    internal Task SynchronizeInBackground() => Task.Factory.StartNew(
        () =>
        {
            while (true)
            {
                MakeCurrent();
                var result = GpuDriver.Library.Context.Synchronize();
                // While a stream is being recorded the driver does not say when the others are done.
                if (result != CudaResult.StreamCaptureUnsupported)
                {
                    GpuDriver.Check(result, "cuCtxSynchronize");
                    return;
                }

                Thread.Sleep(1);
            }
        },
        CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Unloads the kernels that generated launchers loaded, and releases the context unless another library owns
    /// it. Disposing twice is harmless.</summary>
    public void Dispose()
    {
        lock (owned)
        {
            isClosing = true;
            owned.ForEach(library => library.Dispose());
            owned.Clear();
        }

        // The result is dropped: the driver frees everything when the process ends.
        if (Interlocked.Exchange(ref disposed, 1) == 0 && isRetained) _ = GpuDriver.Library.Context.ReleasePrimary(Device.Handle);
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

    /// <summary>Frees a resource of this context; does nothing if the context is gone, and the resource with it.</summary>
    /// <param name="handle">Handle of the resource.</param>
    /// <param name="free">Function of the driver that frees it. Its result is dropped: it repeats errors of kernels, which
    /// are reported where the caller waits for them.</param>
    internal void Free(nint handle, Func<nint, CudaResult> free)
    {
        if (IsDisposed || GpuDriver.Library.Context.SetCurrent(this.handle) != CudaResult.Success) return;
        _ = free(handle);
    }
}
