using Fusion.Interop.Driver;

namespace Fusion.Runtime;

/// <summary>The primary context of a GPU, which all libraries of the process share, CUDA's runtime library among
/// them.</summary>
/// <remarks>Dispose it after all that was made in it: streams, events, buffers and kernel libraries. The GPU's context
/// itself ends when the last owner in the process has let go. Kernels that
/// generated launchers loaded go with it. Members may be called from any thread.</remarks>
public sealed class GpuContext : IDisposable
{
    private readonly nint handle;
    private readonly List<KernelLibrary> owned = [];
    private int disposed;

    private GpuContext(GpuDevice device)
    {
        Device = device;
        GpuDriver.Check(GpuDriver.Library.Context.RetainPrimary(device.Handle, out handle), "cuDevicePrimaryCtxRetain");
    }

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

    /// <summary>Lets go of the context. Doing it twice is harmless.</summary>
    public void Dispose()
    {
        lock (owned)
        {
            owned.ForEach(library => library.Dispose());
            owned.Clear();
        }

        // A failed release leaves nothing to do about it: the driver frees all when the process ends.
        if (Interlocked.Exchange(ref disposed, 1) == 0) _ = GpuDriver.Library.Context.ReleasePrimary(Device.Handle);
    }

    /// <summary>Takes over a library: it is disposed with the context.</summary>
    /// <param name="library">A library of this context.</param>
    internal void Own(KernelLibrary library)
    {
        lock (owned)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
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
