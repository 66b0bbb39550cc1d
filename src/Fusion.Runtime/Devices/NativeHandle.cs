using System.Runtime.InteropServices;
using Fusion.Interop.Driver;

namespace Fusion.Runtime;

/// <summary>Owner of a resource of the driver or of native memory. It is freed once: when it was disposed and no call uses it
/// any more, or some time after it was forgotten.</summary>
/// <remarks>A call that uses the resource holds a <see cref="Lease"/>, during which the resource is not freed. A resource of
/// a context holds the context, so both may be disposed in any order.</remarks>
internal sealed class NativeHandle : SafeHandle
{
    private readonly GpuContext? context;
    private readonly Func<nint, CudaResult> free;
    private readonly string kind;
    private volatile bool isDisposed;
    private bool isForgotten;

    /// <summary>Takes ownership of a resource.</summary>
    /// <param name="context">Context of the resource; null for native memory and for a context itself.</param>
    /// <param name="value">The resource.</param>
    /// <param name="kind">Kind of the resource, for messages: <c>stream</c>.</param>
    /// <param name="free">Function that frees the resource. Its result is dropped: it repeats errors of kernels, which are
    /// reported where the caller waits for them.</param>
    public NativeHandle(GpuContext? context, nint value, string kind, Func<nint, CudaResult> free)
        : base(0, ownsHandle: true)
    {
        (this.context, this.free, this.kind) = (context, free, kind);
        context?.Keep();
        SetHandle(value);
        FusionMetrics.HandleMade();
    }

    /// <summary>Number of resources that are not freed yet.</summary>
    public static long Live => FusionMetrics.LiveHandles;

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Whether the resource was disposed. It is not freed as long as a lease lasts.</summary>
    public bool IsDisposed => isDisposed;

    /// <summary>The resource. Read it under a lease.</summary>
    public nint Value => handle;

    /// <summary>Keeps the resource from being freed until the lease is disposed. Allocates nothing.</summary>
    /// <exception cref="ObjectDisposedException">The resource is disposed.</exception>
    public HandleLease Lease()
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        return new(this);
    }

    /// <summary>Keeps the resource, also if it is disposed, until <see cref="Release"/>.</summary>
    /// <exception cref="ObjectDisposedException">The resource is freed.</exception>
    public void Keep()
    {
        var isKept = false;
        DangerousAddRef(ref isKept);
    }

    /// <summary>Ends a <see cref="Keep"/>.</summary>
    public void Release() => DangerousRelease();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing)
        {
            isForgotten = true;
            FusionEventSource.Log.HandleForgotten(kind);
        }

        isDisposed = true;
        base.Dispose(disposing);
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        // Freeing waits for kernels, which the finalizer's thread must not do.
        if (isForgotten) Reclaimer.Add(Free);
        else Free();
        return true;
    }

    private void Free()
    {
        if (context is null) _ = free(handle);
        else if (context.TryMakeCurrentToFree()) _ = free(handle);
        context?.Release();
        FusionMetrics.HandleFreed();
    }
}

/// <summary>Keeps a resource from being freed while a call uses it.</summary>
internal readonly ref struct HandleLease
{
    private readonly NativeHandle? handle;

    /// <exception cref="ObjectDisposedException">The resource is freed.</exception>
    public HandleLease(NativeHandle? handle)
    {
        handle?.Keep();
        this.handle = handle;
    }

    public void Dispose() => handle?.Release();
}
