using Fusion.Interop.Nccl;

namespace Fusion.Runtime;

/// <summary>Memory of each rank that NCCL's communicators know as a symmetric window, in which sums are made.</summary>
internal sealed class NcclWindows
{
    // NCCL allocates in pieces of this size, and wants whole ones.
    private const long Granularity = 2 << 20;

    private readonly NcclLibrary nccl;
    private readonly GpuContext[] contexts;
    private readonly nint[] communicators;
    private readonly ulong[] addresses;
    private readonly nint[] windows;

    private NcclWindows(NcclLibrary nccl, GpuContext[] contexts, nint[] communicators, long bytes)
    {
        (this.nccl, this.contexts, this.communicators) = (nccl, contexts, communicators);
        Bytes = (bytes + Granularity - 1) / Granularity * Granularity;
        addresses = new ulong[contexts.Length];
        windows = new nint[contexts.Length];
    }

    /// <summary>Size of each rank's window in bytes.</summary>
    public long Bytes { get; }

    /// <summary>Allocates and registers the windows of all ranks.</summary>
    /// <param name="nccl">NCCL.</param>
    /// <param name="contexts">Context of each rank's GPU.</param>
    /// <param name="communicators">Communicator of each rank.</param>
    /// <param name="bytes">Size of each rank's window in bytes, more than 0.</param>
    /// <exception cref="NcclException">NCCL has no windows, or makes none here. Nothing is left of them.</exception>
    public static NcclWindows Register(NcclLibrary nccl, GpuContext[] contexts, nint[] communicators, long bytes)
    {
        if (!nccl.HasWindows)
        {
            throw new NcclException(
                $"NCCL {nccl.Version} has no symmetric windows (ncclCommWindowRegister), which came with 2.27. Install a newer one, or leave windowBytes 0.");
        }

        var made = new NcclWindows(nccl, contexts, communicators, bytes);
        try
        {
            for (var rank = 0; rank < contexts.Length; rank++)
            {
                contexts[rank].MakeCurrent();
                NcclException.ThrowIfFailed(nccl, nccl.AllocateMemory((nuint)made.Bytes, out made.addresses[rank]), "ncclMemAlloc");
            }

            NcclException.ThrowIfFailed(
                nccl, nccl.RegisterWindows(communicators, made.addresses, (nuint)made.Bytes, made.windows), "ncclCommWindowRegister");
            if (Array.IndexOf(made.windows, 0) is >= 0 and var without)
            {
                throw new NcclException(
                    $"ncclCommWindowRegister of NCCL {nccl.Version} succeeded, and made no window for rank {without}: NCCL does not use symmetric " +
                    "memory here, as where NCCL_WIN_ENABLE or NCCL_CUMEM_ENABLE is 0 or GPUs do not reach each other. Leave windowBytes 0.");
            }

            return made;
        }
        catch
        {
            made.Deregister();
            made.Free();
            throw;
        }
    }

    /// <summary>Gets the address of a rank's window; null if it is smaller than a size.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="bytes">The size in bytes.</param>
    public ulong? PlaceOf(int rank, long bytes) => bytes > 0 && bytes <= Bytes ? addresses[rank] : null;

    /// <summary>Sums in the window where the sum fits into it.</summary>
    /// <param name="rank">Index of the rank, whose context is current.</param>
    /// <param name="stream">Stream of the rank.</param>
    /// <param name="call">The sum.</param>
    /// <returns>True: it was launched.</returns>
    /// <exception cref="NcclException">NCCL refuses.</exception>
    public bool Launch(int rank, GpuStream stream, in NcclCall call)
    {
        var bytes = call.Bytes;
        var place = PlaceOf(rank, bytes);
        if (place is { } window) Copy(window, call.Input, bytes, stream);
        var inPlace = call with { Input = place ?? call.Input, Output = place ?? call.Output };
        NcclException.ThrowIfFailed(nccl, inPlace.Begin(nccl, communicators[rank], stream.Handle), call.Function);
        if (place is { } sum) Copy(call.Output, sum, bytes, stream);
        return true;
    }

    /// <summary>Makes the windows ordinary memory again. No kernel may use them, and the communicators must still be there.</summary>
    public void Deregister()
    {
        if (Array.Exists(windows, window => window != 0)) _ = nccl.DeregisterWindows(communicators, windows);
    }

    /// <summary>Frees the memory, which no communicator knows any more.</summary>
    public void Free()
    {
        for (var rank = 0; rank < addresses.Length; rank++)
        {
            if (addresses[rank] != 0 && contexts[rank].TryMakeCurrentToFree()) _ = nccl.FreeMemory(addresses[rank]);
        }
    }

    private static void Copy(ulong target, ulong source, long bytes, GpuStream stream)
    {
        if (target != source) GpuDriver.Check(GpuDriver.Library.Memory.Copy(target, source, (nuint)bytes, stream.Handle), "cuMemcpyAsync");
    }
}

/// <summary>Library that has memory of its own in which it sums fastest.</summary>
internal interface ISumsInPlace
{
    /// <summary>Gets the address of a rank's memory in which calls up to a size are summed; null if there is none so large.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="bytes">Size in bytes.</param>
    ulong? PlaceOf(int rank, long bytes);
}
