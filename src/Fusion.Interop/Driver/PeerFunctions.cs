namespace Fusion.Interop.Driver;

/// <summary>Functions of the driver for peer access: GPUs that read and write each other's memory.</summary>
public sealed unsafe class PeerFunctions
{
    private readonly delegate* unmanaged<int*, int, int, CudaResult> canAccess;
    private readonly delegate* unmanaged<nint, uint, CudaResult> enable;

    internal PeerFunctions(IExportTable exports)
    {
        canAccess = (delegate* unmanaged<int*, int, int, CudaResult>)exports.Get("cuDeviceCanAccessPeer");
        enable = (delegate* unmanaged<nint, uint, CudaResult>)exports.Get("cuCtxEnablePeerAccess");
    }

    /// <summary>Calls <c>cuDeviceCanAccessPeer</c>.</summary>
    /// <param name="device">Device that would read and write.</param>
    /// <param name="peer">Device that has the memory.</param>
    /// <param name="can">Whether the driver claims that it can.</param>
    public CudaResult CanAccess(int device, int peer, out bool can)
    {
        var value = 0;
        var result = canAccess(&value, device, peer);
        can = value != 0;
        return result;
    }

    /// <summary>Calls <c>cuCtxEnablePeerAccess</c>, which lets the current context use all memory of another one.</summary>
    /// <param name="peer">Context that has the memory.</param>
    /// <returns>Result of the call; <see cref="CudaResult.PeerAccessAlreadyEnabled"/> if it was enabled before.</returns>
    public CudaResult Enable(nint peer) => enable(peer, 0);
}
