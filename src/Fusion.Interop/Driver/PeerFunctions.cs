namespace Fusion.Interop.Driver;

/// <summary>GPUs that read and write each other's memory.</summary>
public sealed unsafe class PeerFunctions
{
    private readonly delegate* unmanaged<int*, int, int, CudaResult> canAccess;
    private readonly delegate* unmanaged<nint, uint, CudaResult> enable;

    internal PeerFunctions(IExportTable exports)
    {
        canAccess = (delegate* unmanaged<int*, int, int, CudaResult>)exports.Get("cuDeviceCanAccessPeer");
        enable = (delegate* unmanaged<nint, uint, CudaResult>)exports.Get("cuCtxEnablePeerAccess");
    }

    /// <summary><c>cuDeviceCanAccessPeer</c>.</summary>
    /// <param name="device">Who would read and write.</param>
    /// <param name="peer">Whose memory.</param>
    /// <param name="can">Whether the driver thinks that it can.</param>
    public CudaResult CanAccess(int device, int peer, out bool can)
    {
        var value = 0;
        var result = canAccess(&value, device, peer);
        can = value != 0;
        return result;
    }

    /// <summary><c>cuCtxEnablePeerAccess</c>: lets the current context use all memory of another one.</summary>
    /// <param name="peer">The context that has the memory.</param>
    /// <returns><see cref="CudaResult.PeerAccessAlreadyEnabled"/> if it was so before.</returns>
    public CudaResult Enable(nint peer) => enable(peer, 0);
}
