namespace Fusion.Interop.Nccl;

/// <content>Memory that NCCL allocates, and that communicators know as symmetric windows: at the same place on each rank, so that
/// NCCL's kernels use it without buffers of their own.</content>
public sealed unsafe partial class NcclLibrary
{
    // NCCL_WIN_COLL_SYMMETRIC.
    private const int CollectiveSymmetric = 1;

    private readonly SymmetricMemory? symmetricMemory;

    /// <summary>Whether the library has symmetric windows, and the memory for them: NCCL from 2.27 on.</summary>
    public bool HasWindows => symmetricMemory is not null;

    private SymmetricMemory Windows => symmetricMemory
        ?? throw new NotSupportedException($"NCCL {Version} has no ncclCommWindowRegister, which came with NCCL 2.27.");

    /// <summary>Calls <c>ncclMemAlloc</c>, which allocates memory for windows on the GPU of the current context.</summary>
    /// <param name="bytes">Size in bytes, more than 0.</param>
    /// <param name="address">Address of the memory; 0 if it fails.</param>
    /// <exception cref="NotSupportedException">The library has no windows.</exception>
    public NcclResult AllocateMemory(nuint bytes, out ulong address)
    {
        void* memory = null;
        var result = Windows.Allocate(&memory, bytes);
        address = (ulong)memory;
        return result;
    }

    /// <summary>Calls <c>ncclMemFree</c>; the context of the memory must be current.</summary>
    /// <param name="address">Address from <see cref="AllocateMemory"/>, which is no window any more.</param>
    /// <exception cref="NotSupportedException">The library has no windows.</exception>
    public NcclResult FreeMemory(ulong address) => Windows.Free((void*)address);

    /// <summary>Calls <c>ncclCommWindowRegister</c> with <c>NCCL_WIN_COLL_SYMMETRIC</c> for all communicators of a process, each of which
    /// waits for the others.</summary>
    /// <param name="communicators">Communicators of all ranks.</param>
    /// <param name="addresses">Address of each rank's memory, from <see cref="AllocateMemory"/>.</param>
    /// <param name="bytes">Size of each rank's memory in bytes.</param>
    /// <param name="windows">Span that receives each rank's window; 0 where NCCL made none, as where it does not use such memory.</param>
    /// <returns>The first result that is no success.</returns>
    /// <exception cref="NotSupportedException">The library has no windows.</exception>
    public NcclResult RegisterWindows(ReadOnlySpan<nint> communicators, ReadOnlySpan<ulong> addresses, nuint bytes, Span<nint> windows)
    {
        var functions = Windows;
        // NCCL writes the windows when the group ends.
        fixed (nint* made = windows)
        {
            var result = groupStart();
            for (var rank = 0; rank < communicators.Length; rank++)
                KeepFirstFailure(ref result, functions.Register(communicators[rank], (void*)addresses[rank], bytes, made + rank, CollectiveSymmetric));
            KeepFirstFailure(ref result, groupEnd());
            return result;
        }
    }

    /// <summary>Calls <c>ncclCommWindowDeregister</c> for all communicators of a process. No kernel may use the windows any more.</summary>
    /// <param name="communicators">Communicators of all ranks.</param>
    /// <param name="windows">Window of each rank; 0 for none.</param>
    /// <returns>The first result that is no success.</returns>
    /// <exception cref="NotSupportedException">The library has no windows.</exception>
    public NcclResult DeregisterWindows(ReadOnlySpan<nint> communicators, ReadOnlySpan<nint> windows)
    {
        var functions = Windows;
        var result = groupStart();
        for (var rank = 0; rank < communicators.Length; rank++)
        {
            if (windows[rank] != 0) KeepFirstFailure(ref result, functions.Deregister(communicators[rank], windows[rank]));
        }

        KeepFirstFailure(ref result, groupEnd());
        return result;
    }

    private static void KeepFirstFailure(ref NcclResult result, NcclResult one) => result = result == NcclResult.Success ? one : result;

    private sealed class SymmetricMemory
    {
        public required delegate* unmanaged<void**, nuint, NcclResult> Allocate { get; init; }

        public required delegate* unmanaged<void*, NcclResult> Free { get; init; }

        public required delegate* unmanaged<nint, void*, nuint, nint*, int, NcclResult> Register { get; init; }

        public required delegate* unmanaged<nint, nint, NcclResult> Deregister { get; init; }

        // Null where a function is missing: older libraries have the first two alone.
        public static SymmetricMemory? Of(IExportTable exports) =>
            exports.TryGet("ncclMemAlloc", out var allocate) && exports.TryGet("ncclMemFree", out var free) &&
            exports.TryGet("ncclCommWindowRegister", out var register) && exports.TryGet("ncclCommWindowDeregister", out var deregister)
                ? new()
                {
                    Allocate = (delegate* unmanaged<void**, nuint, NcclResult>)allocate,
                    Free = (delegate* unmanaged<void*, NcclResult>)free,
                    Register = (delegate* unmanaged<nint, void*, nuint, nint*, int, NcclResult>)register,
                    Deregister = (delegate* unmanaged<nint, nint, NcclResult>)deregister,
                }
                : null;
    }
}
