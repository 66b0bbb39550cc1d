using System.Runtime.InteropServices;
using Fusion.Emulation.Machine;
using Fusion.Interop.Driver;

namespace Fusion.Emulation.Driver;

/// <content>Functions for memory that is mapped explicitly. A reservation takes one memory of its own size.</content>
internal sealed unsafe partial class EmulatorDriver
{
    private const int DeviceLocation = 1;
    private const int PinnedType = 1;
    private const int PosixDescriptor = 1;
    private const int NoAccess = 0;
    private const int ReadAndWriteAccess = 3;

    private static nint VirtualMemory(string name) => name switch
    {
        "cuMemGetAllocationGranularity" => (nint)(delegate* unmanaged<nuint*, MemoryProperties*, int, CudaResult>)&GetGranularity,
        "cuMemCreate" => (nint)(delegate* unmanaged<ulong*, nuint, MemoryProperties*, ulong, CudaResult>)&CreateMemory,
        "cuMemRelease" => (nint)(delegate* unmanaged<ulong, CudaResult>)&ReleaseMemory,
        "cuMemAddressReserve" => (nint)(delegate* unmanaged<ulong*, nuint, nuint, ulong, ulong, CudaResult>)&ReserveAddress,
        "cuMemAddressFree" => (nint)(delegate* unmanaged<ulong, nuint, CudaResult>)&FreeAddress,
        "cuMemMap" => (nint)(delegate* unmanaged<ulong, nuint, nuint, ulong, ulong, CudaResult>)&MapMemory,
        "cuMemUnmap" => (nint)(delegate* unmanaged<ulong, nuint, CudaResult>)&UnmapMemory,
        "cuMemSetAccess" => (nint)(delegate* unmanaged<ulong, nuint, MemoryAccess*, nuint, CudaResult>)&SetAccess,
        "cuMemExportToShareableHandle" => (nint)(delegate* unmanaged<void*, ulong, int, ulong, CudaResult>)&ExportMemory,
        "cuMemImportFromShareableHandle" => (nint)(delegate* unmanaged<ulong*, void*, int, CudaResult>)&ImportMemory,
        _ => 0,
    };

    [UnmanagedCallersOnly]
    private static CudaResult GetGranularity(nuint* bytes, MemoryProperties* properties, int option) =>
        CheckProperties(properties) is var result and not CudaResult.Success ? result : Give(bytes, (nuint)SharedPages.Unit);

    [UnmanagedCallersOnly]
    private static CudaResult CreateMemory(ulong* memory, nuint bytes, MemoryProperties* properties, ulong flags)
    {
        if (CheckProperties(properties) is var result and not CudaResult.Success) return result;
        if (bytes == 0 || bytes % SharedPages.Unit != 0 || flags != 0) return CudaResult.InvalidValue;
        var gpu = State.Machine.Gpus[properties->Location.Id];
        if (bytes > long.MaxValue || !gpu.TryTake((long)bytes)) return CudaResult.OutOfMemory;
        var pages = State.Machine.Memory.TryMakePages(bytes, gpu.Ordinal, () => gpu.TryTake(-(long)bytes));
        if (pages is not null) return Give(memory, (ulong)State.Make(new PhysicalMemory(pages, properties->HandleTypes == PosixDescriptor)));
        gpu.TryTake(-(long)bytes);
        return CudaResult.OutOfMemory;
    }

    [UnmanagedCallersOnly]
    private static CudaResult ReleaseMemory(ulong memory)
    {
        if (State.Remove<PhysicalMemory>((nint)memory) is not { } found) return CudaResult.InvalidValue;
        found.Pages.Release();
        return CudaResult.Success;
    }

    [UnmanagedCallersOnly]
    private static CudaResult ReserveAddress(ulong* address, nuint bytes, nuint alignment, ulong wanted, ulong flags)
    {
        if (bytes == 0 || bytes % SharedPages.Unit != 0 || alignment > SharedPages.Unit || flags != 0) return CudaResult.InvalidValue;
        if (SharedPages.Reserve(bytes) is not (not 0 and var at)) return CudaResult.OutOfMemory;
        State.Reservations[at] = new(at, bytes);
        return Give(address, at);
    }

    [UnmanagedCallersOnly]
    private static CudaResult FreeAddress(ulong address, nuint bytes)
    {
        if (Find(address, bytes) is not { Pages: null }) return CudaResult.InvalidValue;
        State.Reservations.TryRemove(address, out _);
        SharedPages.Free(address, bytes);
        return CudaResult.Success;
    }

    [UnmanagedCallersOnly]
    private static CudaResult MapMemory(ulong address, nuint bytes, nuint offset, ulong memory, ulong flags)
    {
        if (State.Find<PhysicalMemory>((nint)memory) is not { Pages: var pages } || offset != 0 || flags != 0) return CudaResult.InvalidValue;
        if (Find(address, bytes) is not { Pages: null } reservation || pages.Bytes != bytes) return CudaResult.InvalidValue;
        if (!pages.TryKeep()) return CudaResult.InvalidValue;
        if (!pages.TryMapAt(address))
        {
            pages.Release();
            return MapFailed;
        }

        reservation.Pages = pages;
        return CudaResult.Success;
    }

    [UnmanagedCallersOnly]
    private static CudaResult UnmapMemory(ulong address, nuint bytes)
    {
        if (Find(address, bytes) is not { Pages: { } pages } reservation) return CudaResult.InvalidValue;
        if (reservation.Memory is { } memory) Unmap(memory);
        (reservation.Memory, reservation.Pages) = (null, null);
        SharedPages.Clear(address, bytes);
        pages.Release();
        return CudaResult.Success;
    }

    [UnmanagedCallersOnly]
    private static CudaResult SetAccess(ulong address, nuint bytes, MemoryAccess* accesses, nuint count)
    {
        if (Find(address, bytes) is not { Pages: { } pages } reservation || count == 0) return CudaResult.InvalidValue;
        HashSet<int> gpus = [.. reservation.Memory?.MappedFor ?? []];
        foreach (var access in new ReadOnlySpan<MemoryAccess>(accesses, (int)count))
        {
            if (access.Location.Type != DeviceLocation || access.Flags is not (NoAccess or ReadAndWriteAccess)) return NotSupported;
            if (!IsGpu(access.Location.Id)) return InvalidDevice;
            _ = access.Flags == NoAccess ? gpus.Remove(access.Location.Id) : gpus.Add(access.Location.Id);
        }

        // Another one, since kernels may be looking at the rights of the first.
        if (reservation.Memory is { } before) State.Machine.Memory.Remove(before);
        reservation.Memory = Allocation.Of(pages, address, 0, gpus);
        State.Machine.Memory.Add(reservation.Memory);
        return CudaResult.Success;
    }

    [UnmanagedCallersOnly]
    private static CudaResult ExportMemory(void* descriptor, ulong memory, int type, ulong flags)
    {
        if (type != PosixDescriptor) return NotSupported;
        if (State.Find<PhysicalMemory>((nint)memory) is not { IsShareable: true, Pages: var pages } || flags != 0) return CudaResult.InvalidValue;
        return pages.Duplicate() is >= 0 and var made ? Give((int*)descriptor, made) : OperatingSystemError;
    }

    [UnmanagedCallersOnly]
    private static CudaResult ImportMemory(ulong* memory, void* descriptor, int type)
    {
        if (type != PosixDescriptor) return NotSupported;
        return State.Machine.Memory.FindPages("self", (int)(nint)descriptor) is { } pages
            ? Give(memory, (ulong)State.Make(new PhysicalMemory(pages, IsShareable: true))) : CudaResult.InvalidValue;
    }

    private static CudaResult CheckProperties(MemoryProperties* properties)
    {
        if (!SharedPages.IsSupported) return NotSupported;
        if (properties->Type != PinnedType || properties->Location.Type != DeviceLocation) return CudaResult.InvalidValue;
        if (properties->HandleTypes is not (0 or PosixDescriptor)) return NotSupported;
        return IsGpu(properties->Location.Id) ? CudaResult.Success : InvalidDevice;
    }

    private static Reservation? Find(ulong address, nuint bytes) =>
        State.Reservations.TryGetValue(address, out var found) && found.Bytes == bytes ? found : null;
}

/// <summary>Memory that has no address by itself.</summary>
internal sealed record PhysicalMemory(SharedPages Pages, bool IsShareable);

/// <summary>Addresses that a program reserved.</summary>
internal sealed class Reservation(ulong address, ulong bytes)
{
    public ulong Address { get; } = address;

    public ulong Bytes { get; } = bytes;

    /// <summary>What is mapped; null for nothing.</summary>
    public SharedPages? Pages { get; set; }

    /// <summary>What kernels see of it, once a GPU may use it.</summary>
    public Allocation? Memory { get; set; }
}
