using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Fusion.Emulation.Machine;
using Fusion.Interop.Driver;

namespace Fusion.Emulation.Driver;

/// <content>Functions that share memory with other processes by handles. A handle says where the descriptor of the memory is:
/// process and number. Other than a GPU's driver, this one lets a process open its own handles, so that several ranks can be played in one,
/// and knows handles only of whole units of 2 MiB, which share their pages with nothing else.</content>
internal sealed unsafe partial class EmulatorDriver
{
    private const uint LazyEnablePeerAccess = 1;
    private const CudaResult MapFailed = (CudaResult)205;
    private const CudaResult PeerAccessUnsupported = (CudaResult)217;
    private const ulong HandleMark = 0x3143504945535546;
    private const int NameAt = 16;

    private static nint Ipc(string name) => name switch
    {
        "cuIpcGetMemHandle" => (nint)(delegate* unmanaged<IpcMemoryHandle*, ulong, CudaResult>)&GetIpcHandle,
        "cuIpcOpenMemHandle_v2" => (nint)(delegate* unmanaged<ulong*, IpcMemoryHandle, uint, CudaResult>)&OpenIpcHandle,
        "cuIpcCloseMemHandle" => (nint)(delegate* unmanaged<ulong, CudaResult>)&CloseIpcHandle,
        _ => 0,
    };

    [UnmanagedCallersOnly]
    private static CudaResult GetIpcHandle(IpcMemoryHandle* handle, ulong address)
    {
        if (OfContext(State.Context) is var result and not CudaResult.Success) return result;
        var found = State.Machine.Memory.FindLive(address, 1);
        if (found is not { Kind: AllocationKind.Device, MappedFor: null } || found.Start != address) return CudaResult.InvalidValue;
        if (found.Pages is not { } pages) return NotSupported;
        var bytes = new byte[IpcMemoryHandle.Size];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, HandleMark);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), Environment.ProcessId);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), pages.Descriptor);
        Encoding.ASCII.GetBytes(pages.Name, bytes.AsSpan(NameAt));
        return Give(handle, IpcMemoryHandle.Of(bytes));
    }

    [UnmanagedCallersOnly]
    private static CudaResult OpenIpcHandle(ulong* address, IpcMemoryHandle handle, uint flags)
    {
        if (OfContext(State.Context) is var result and not CudaResult.Success) return result;
        var bytes = handle.ToArray();
        if (BinaryPrimitives.ReadUInt64LittleEndian(bytes) != HandleMark) return CudaResult.InvalidValue;
        if (!State.Machine.Options.AllowsIpc) return MapFailed;
        var name = Encoding.ASCII.GetString(bytes.AsSpan(NameAt)).TrimEnd('\0');
        var process = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(8));
        lock (State.IpcMappings)
        {
            var context = State.Context!;
            if (State.IpcMappings.Find(one => one.Name == name && one.Memory.Context == context.Handle) is { } open)
            {
                if (open.Memory.IsFreed) return InvalidHandle;
                open.Count++;
                return Give(address, open.Memory.Start);
            }

            var pages = State.Machine.Memory.FindPages(
                process == Environment.ProcessId ? "self" : process.ToString(CultureInfo.InvariantCulture), BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(12)));
            // The process may have ended, or freed the memory, after which the number may be that of another descriptor.
            if (pages?.Name != name || pages.IsFreed)
            {
                pages?.Release();
                return InvalidHandle;
            }

            if (pages.Gpu != context.Gpu.Ordinal && !context.Gpu.MayUse(pages.Gpu) && (flags & LazyEnablePeerAccess) == 0)
            {
                pages.Release();
                return PeerAccessUnsupported;
            }

            var at = SharedPages.Reserve(pages.Bytes);
            if (at == 0 || !pages.TryMapAt(at))
            {
                if (at != 0) SharedPages.Free(at, pages.Bytes);
                pages.Release();
                return MapFailed;
            }

            var memory = Allocation.Of(pages, at, context.Handle, [context.Gpu.Ordinal]);
            State.Machine.Memory.Add(memory);
            State.IpcMappings.Add(new(name, memory));
            return Give(address, at);
        }
    }

    [UnmanagedCallersOnly]
    private static CudaResult CloseIpcHandle(ulong address)
    {
        if (State.Context is not { } context) return InvalidContext;
        IpcMapping? open;
        lock (State.IpcMappings)
        {
            open = State.IpcMappings.Find(one => one.Memory.Start == address && one.Memory.Context == context.Handle);
            if (open is null) return CudaResult.InvalidValue;
            if (--open.Count > 0) return CudaResult.Success;
            State.IpcMappings.Remove(open);
        }

        // Outside of the lock: what a kernel waits for may need it.
        Unmap(open.Memory);
        open.Memory.Release();
        return CudaResult.Success;
    }

    // A kernel that still runs and uses the memory makes a mistake, as on a GPU. The pages go when none can, or the process would end.
    private static void Unmap(Allocation memory)
    {
        State.Machine.Memory.Remove(memory);
        foreach (var gpu in memory.MappedFor!) State.Machine.WaitUntil(() => State.Machine.Gpus[gpu].IsIdle);
    }
}

/// <summary>A handle that a context has opened.</summary>
internal sealed record IpcMapping(string Name, Allocation Memory)
{
    /// <summary>How often it was opened and not closed.</summary>
    public int Count { get; set; } = 1;
}
