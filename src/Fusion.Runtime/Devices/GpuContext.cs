using System.Runtime.CompilerServices;
using Fusion.Interop.Driver;

namespace Fusion.Runtime;

/// <summary>A context of a GPU: by <see cref="Open"/> the primary one, which all libraries of the process share, CUDA's runtime
/// library among them; by <see cref="FromHandle"/> one that another library made for itself.</summary>
/// <remarks>Dispose it after all that was made in it: streams, events, buffers and kernel libraries. The GPU's context
/// itself ends when the last owner in the process has let go. Kernels that
/// generated launchers loaded go with it. Members may be called from any thread.</remarks>
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

    /// <summary>The GPU.</summary>
    public GpuDevice Device { get; }

    /// <summary>The driver's handle, a <c>CUcontext</c>.</summary>
    public nint Handle => IsDisposed ? throw new ObjectDisposedException(nameof(GpuContext)) : handle;

    internal bool IsDisposed => Volatile.Read(ref disposed) != 0;

    /// <summary>Opens a GPU.</summary>
    /// <param name="ordinal">Its number, from 0.</param>
    /// <returns>A context, to be disposed.</returns>
    /// <exception cref="NoDriverException">There is no driver.</exception>
    /// <exception cref="NoGpuException">There is no GPU of that number.</exception>
    /// <exception cref="GpuException">The driver cannot make a context.</exception>
    public static GpuContext Open(int ordinal = 0) => new(GpuDevice.Get(ordinal));

    /// <summary>Uses a context of another library, to work with its streams and memory. Libraries on CUDA's runtime library,
    /// TorchSharp's libtorch among them, use the primary context: <see cref="Open"/> it instead.</summary>
    /// <param name="handle">Its <c>CUcontext</c>: ManagedCuda's <c>CUcontext.Pointer</c>, ILGPU's
    /// <c>CudaAccelerator.NativePtr</c>.</param>
    /// <returns>A context whose owner stays the other library. Make one, keep it for all that is done there, and dispose it
    /// before its owner destroys the context: that unloads the kernels and leaves the context alone.</returns>
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

    /// <summary>An address of another library, after a look at what the driver knows of it: ask once for
    /// memory that stays. The memory's owner stays the other library, and must keep it until all kernels that use it have
    /// ended.</summary>
    /// <typeparam name="T">What lies there.</typeparam>
    /// <param name="address">The address on the GPU: ManagedCuda's <c>CUdeviceptr.Pointer</c>, ILGPU's
    /// <c>MemoryBuffer.NativePtr</c>, TorchSharp's <c>Storage.data_ptr()</c>.</param>
    /// <param name="length">How many elements are used from there on; of none, any address is right.</param>
    /// <exception cref="ForeignHandleException">Kernels of this context cannot use that memory, or it ends before.</exception>
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

    /// <summary>Makes this the calling thread's context, as CUDA's runtime library does, and leaves it so. All members of
    /// this library that need it call it themselves; it costs some nanoseconds when nothing is to do.</summary>
    /// <exception cref="ObjectDisposedException">The context is disposed.</exception>
    /// <exception cref="GpuException">The driver refuses.</exception>
    public void MakeCurrent()
    {
        var wanted = Handle;
        var functions = GpuDriver.Library.Context;
        // Asked each time: other libraries change a thread's context too.
        GpuDriver.Check(functions.GetCurrent(out var current), "cuCtxGetCurrent");
        if (current != wanted) GpuDriver.Check(functions.SetCurrent(wanted), "cuCtxSetCurrent");
    }

    /// <summary>Waits for all work on the GPU that this process gave it.</summary>
    /// <exception cref="GpuException">A kernel failed.</exception>
    public void Synchronize()
    {
        MakeCurrent();
        GpuDriver.Check(GpuDriver.Library.Context.Synchronize(), "cuCtxSynchronize");
    }

    /// <summary>Waits on a thread of its own, so that the caller may give up: what runs on the GPU may never end.</summary>
    /// <returns>Ends when all work is done that the GPU has by now; with a <see cref="GpuException"/> if a kernel failed.</returns>
    internal Task SynchronizeInBackground() => Task.Factory.StartNew(
        () =>
        {
            while (true)
            {
                MakeCurrent();
                var result = GpuDriver.Library.Context.Synchronize();
                // While a stream is recorded the driver does not say when the others are done.
                if (result != CudaResult.StreamCaptureUnsupported)
                {
                    GpuDriver.Check(result, "cuCtxSynchronize");
                    return;
                }

                Thread.Sleep(1);
            }
        },
        CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Lets go of the context, unless another library owns it, and unloads the kernels that generated launchers loaded.
    /// Doing it twice is harmless.</summary>
    public void Dispose()
    {
        lock (owned)
        {
            isClosing = true;
            owned.ForEach(library => library.Dispose());
            owned.Clear();
        }

        // A failed release leaves nothing to do about it: the driver frees all when the process ends.
        if (Interlocked.Exchange(ref disposed, 1) == 0 && isRetained) _ = GpuDriver.Library.Context.ReleasePrimary(Device.Handle);
    }

    /// <summary>Takes over a library: it is disposed with the context.</summary>
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

    /// <summary>Frees something that lives in this context; nothing if the context is gone, and that with it.</summary>
    /// <param name="handle">What to free.</param>
    /// <param name="free">The driver's function. Its result is dropped: it repeats errors of kernels, which are reported
    /// where someone waits for them.</param>
    internal void Free(nint handle, Func<nint, CudaResult> free)
    {
        if (IsDisposed || GpuDriver.Library.Context.SetCurrent(this.handle) != CudaResult.Success) return;
        _ = free(handle);
    }
}
