namespace Fusion.Interop.Driver;

/// <summary>Functions of the driver that let another process map memory of <c>cuMemAlloc</c> (CUDA IPC), on Linux. The context of the
/// memory must be current.</summary>
public sealed unsafe class IpcFunctions
{
    private const uint LazyEnablePeerAccess = 1;

    private readonly delegate* unmanaged<IpcMemoryHandle*, ulong, CudaResult> getHandle;
    private readonly delegate* unmanaged<ulong*, IpcMemoryHandle, uint, CudaResult> open;
    private readonly delegate* unmanaged<ulong, CudaResult> close;

    // Tables other than a driver's may lack them.
    internal IpcFunctions(IExportTable exports)
    {
        if (!exports.TryGet("cuIpcGetMemHandle", out var first) || !exports.TryGet("cuIpcOpenMemHandle_v2", out var second) ||
            !exports.TryGet("cuIpcCloseMemHandle", out var third)) return;
        getHandle = (delegate* unmanaged<IpcMemoryHandle*, ulong, CudaResult>)first;
        open = (delegate* unmanaged<ulong*, IpcMemoryHandle, uint, CudaResult>)second;
        close = (delegate* unmanaged<ulong, CudaResult>)third;
    }

    /// <summary>Whether the driver has the functions. Whether a system lets them work shows when a handle is opened.</summary>
    public bool IsAvailable => close is not null;

    /// <summary>Calls <c>cuIpcGetMemHandle</c>. The handle is of the whole allocation.</summary>
    /// <param name="address">Address at which an allocation of <c>cuMemAlloc</c> starts.</param>
    /// <param name="handle">Handle for other processes of the machine.</param>
    public CudaResult GetHandle(ulong address, out IpcMemoryHandle handle)
    {
        fixed (IpcMemoryHandle* p = &handle) return getHandle(p, address);
    }

    /// <summary>Calls <c>cuIpcOpenMemHandle</c>, with peer access if the memory is another GPU's.</summary>
    /// <param name="handle">Handle from another process, which may see GPUs that this one does not.</param>
    /// <param name="address">Address in this process at which the allocation starts. A context that opens a handle twice gets the same
    /// address, to be closed twice.</param>
    public CudaResult Open(IpcMemoryHandle handle, out ulong address)
    {
        fixed (ulong* p = &address) return open(p, handle, LazyEnablePeerAccess);
    }

    /// <summary>Calls <c>cuIpcCloseMemHandle</c>, which unmaps the memory. No kernel may use it any more.</summary>
    /// <param name="address">Address from <see cref="Open"/>.</param>
    public CudaResult Close(ulong address) => close(address);
}

/// <summary>Handle of memory for other processes (<c>CUipcMemHandle</c>), 64 bytes that only the driver understands.</summary>
public unsafe struct IpcMemoryHandle
{
    /// <summary>Size in bytes.</summary>
    public const int Size = 64;

    private fixed byte bytes[Size];

    /// <summary>Makes a handle of its bytes.</summary>
    /// <param name="bytes">The 64 bytes.</param>
    /// <exception cref="ArgumentException">The number of bytes is another one.</exception>
    public static IpcMemoryHandle Of(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size) throw new ArgumentException($"A handle of memory has {Size} bytes, not {bytes.Length}.", nameof(bytes));
        var handle = default(IpcMemoryHandle);
        bytes.CopyTo(new(handle.bytes, Size));
        return handle;
    }

    /// <summary>Gets the bytes, to be sent to another process.</summary>
    public readonly byte[] ToArray()
    {
        fixed (byte* p = bytes) return new ReadOnlySpan<byte>(p, Size).ToArray();
    }
}
