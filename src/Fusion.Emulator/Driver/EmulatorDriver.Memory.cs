using System.Runtime.InteropServices;
using Fusion.Emulation.Machine;
using Fusion.Interop.Driver;

namespace Fusion.Emulation.Driver;

/// <content>Functions for memory.</content>
internal sealed unsafe partial class EmulatorDriver
{
    private static nint Memory(string name) => name switch
    {
        "cuMemAlloc_v2" => (nint)(delegate* unmanaged<ulong*, nuint, CudaResult>)&Allocate,
        "cuMemGetInfo_v2" => (nint)(delegate* unmanaged<nuint*, nuint*, CudaResult>)&GetInfo,
        "cuMemFree_v2" => (nint)(delegate* unmanaged<ulong, CudaResult>)&Free,
        "cuMemAllocAsync" => (nint)(delegate* unmanaged<ulong*, nuint, nint, CudaResult>)&AllocateInStream,
        "cuMemFreeAsync" => (nint)(delegate* unmanaged<ulong, nint, CudaResult>)&FreeInStream,
        "cuMemHostAlloc" => (nint)(delegate* unmanaged<void**, nuint, uint, CudaResult>)&AllocateHost,
        "cuMemHostGetDevicePointer_v2" => (nint)(delegate* unmanaged<ulong*, void*, uint, CudaResult>)&GetDevicePointer,
        "cuMemFreeHost" => (nint)(delegate* unmanaged<void*, CudaResult>)&FreeHost,
        "cuMemcpyHtoDAsync_v2" => (nint)(delegate* unmanaged<ulong, void*, nuint, nint, CudaResult>)&CopyToDevice,
        "cuMemcpyDtoHAsync_v2" => (nint)(delegate* unmanaged<void*, ulong, nuint, nint, CudaResult>)&CopyToHost,
        "cuMemcpyAsync" => (nint)(delegate* unmanaged<ulong, ulong, nuint, nint, CudaResult>)&Copy,
        "cuMemsetD8Async" => (nint)(delegate* unmanaged<ulong, byte, nuint, nint, CudaResult>)&Fill,
        "cuPointerGetAttributes" => (nint)(delegate* unmanaged<uint, int*, void**, ulong, CudaResult>)&GetPointerAttributes,
        _ => 0,
    };

    [UnmanagedCallersOnly]
    private static CudaResult GetInfo(nuint* free, nuint* total)
    {
        if (OfContext(State.Context) is var result and not CudaResult.Success) return result;
        *total = (nuint)State.Machine.Options.MemoryBytes;
        return Give(free, (nuint)(State.Machine.Options.MemoryBytes - State.Context!.Gpu.AllocatedBytes));
    }

    [UnmanagedCallersOnly]
    private static CudaResult Allocate(ulong* address, nuint bytes) => AllocateOn(State.Context, address, bytes);

    private static CudaResult AllocateOn(EmulatedContext? context, ulong* address, nuint bytes)
    {
        if (OfContext(context) is var result and not CudaResult.Success) return result;
        if (bytes == 0) return CudaResult.InvalidValue;
        var gpu = context!.Gpu;
        if (bytes > long.MaxValue || !gpu.TryTake((long)bytes)) return CudaResult.OutOfMemory;
        return Guard(() => Give(address, State.Machine.Memory.Allocate(bytes, gpu.Ordinal, AllocationKind.Device, context.Handle).Start));
    }

    [UnmanagedCallersOnly]
    private static CudaResult Free(ulong address)
    {
        if (State.Context is not { } context) return InvalidContext;
        if (address == 0) return CudaResult.Success;
        // As on a GPU, what runs may still use the memory.
        WaitFor(context.Gpu);
        return FreeNow(address);
    }

    private static CudaResult FreeNow(ulong address)
    {
        var found = State.Machine.Memory.Find(address);
        if (found is null || !State.Machine.Memory.Free(address, AllocationKind.Device)) return CudaResult.InvalidValue;
        State.Machine.Gpus[found.Gpu].TryTake(-(long)found.Bytes);
        return CudaResult.Success;
    }

    [UnmanagedCallersOnly]
    private static CudaResult AllocateInStream(ulong* address, nuint bytes, nint stream)
    {
        if (State.Stream(stream) is not { } queue) return InvalidHandle;
        return queue.Recording is null ? AllocateOn(State.Contexts[queue.Gpu.Ordinal], address, bytes) : CudaResult.StreamCaptureUnsupported;
    }

    [UnmanagedCallersOnly]
    private static CudaResult FreeInStream(ulong address, nint stream)
    {
        if (State.Stream(stream) is not { } queue) return InvalidHandle;
        if (queue.Recording is not null) return CudaResult.StreamCaptureUnsupported;
        var found = State.Machine.Memory.Find(address);
        if (found is not { IsFreed: false, Kind: AllocationKind.Device } || found.Start != address) return CudaResult.InvalidValue;
        queue.Add(new ActionItem(() => FreeNow(address), isEvent: true));
        return CudaResult.Success;
    }

    [UnmanagedCallersOnly]
    private static CudaResult AllocateHost(void** address, nuint bytes, uint flags)
    {
        if (State.Context is not { } context) return InvalidContext;
        if (bytes == 0) return CudaResult.InvalidValue;
        return Guard(() => Give((ulong*)address, State.Machine.Memory.Allocate(bytes, context.Gpu.Ordinal, AllocationKind.Host, context.Handle).Start));
    }

    [UnmanagedCallersOnly]
    private static CudaResult GetDevicePointer(ulong* device, void* host, uint flags) =>
        State.Machine.Memory.FindLive((ulong)host, 1) is { Kind: AllocationKind.Host } ? Give(device, (ulong)host) : CudaResult.InvalidValue;

    [UnmanagedCallersOnly]
    private static CudaResult FreeHost(void* host)
    {
        foreach (var gpu in State.Machine.Gpus) WaitFor(gpu);
        return State.Machine.Memory.Free((ulong)host, AllocationKind.Host) ? CudaResult.Success : CudaResult.InvalidValue;
    }

    [UnmanagedCallersOnly]
    private static CudaResult CopyToDevice(ulong to, void* from, nuint bytes, nint stream)
    {
        if (State.Machine.Memory.FindLive(to, bytes) is not { } target) return bytes == 0 ? CudaResult.Success : CudaResult.InvalidValue;
        if (State.Machine.Memory.FindLive((ulong)from, bytes) is not null || State.Stream(stream)?.Recording is not null)
            return Enqueue(stream, CopyToDevice(target, to, (ulong)from, bytes, () => Move(target, to, (byte*)from, bytes)));
        // The driver stages pageable memory: the caller may change it at once.
        var staged = (byte*)NativeMemory.Alloc(bytes);
        NativeMemory.Copy(from, staged, bytes);
        var result = Enqueue(stream, CopyToDevice(target, to, 0, bytes, () =>
        {
            Move(target, to, staged, bytes);
            NativeMemory.Free(staged);
        }));
        if (result != CudaResult.Success) NativeMemory.Free(staged);
        return result;
    }

    [UnmanagedCallersOnly]
    private static CudaResult CopyToHost(void* to, ulong from, nuint bytes, nint stream)
    {
        if (State.Machine.Memory.FindLive(from, bytes) is not { } source) return bytes == 0 ? CudaResult.Success : CudaResult.InvalidValue;
        var target = State.Machine.Memory.FindLive((ulong)to, bytes);
        var result = Enqueue(stream, new CopyItem(
            $"a copy of {bytes} bytes to the host", (source, from), target is null ? null : (target, (ulong)to), bytes,
            () => Move(target, (ulong)to, (byte*)from, bytes)));
        if (result != CudaResult.Success || target is not null || State.Stream(stream) is not { Recording: null } queue) return result;
        // A copy to pageable memory has ended when the call returns.
        WaitFor(queue);
        return DriverState.ResultOf(queue.Gpu);
    }

    [UnmanagedCallersOnly]
    private static CudaResult Copy(ulong to, ulong from, nuint bytes, nint stream)
    {
        if (bytes == 0) return CudaResult.Success;
        var target = State.Machine.Memory.FindLive(to, bytes);
        var source = State.Machine.Memory.FindLive(from, bytes);
        return target is null || source is null ? CudaResult.InvalidValue : Enqueue(stream, new CopyItem(
            $"a copy of {bytes} bytes", (source, from), (target, to), bytes, () => Move(target, to, (byte*)from, bytes)));
    }

    [UnmanagedCallersOnly]
    private static CudaResult Fill(ulong address, byte value, nuint bytes, nint stream)
    {
        if (bytes == 0) return CudaResult.Success;
        if (State.Machine.Memory.FindLive(address, bytes) is not { } target) return CudaResult.InvalidValue;
        return Enqueue(stream, new CopyItem($"a fill of {bytes} bytes", null, (target, address), bytes, () =>
        {
            if (target.IsFreed) return;
            NativeMemory.Fill((void*)address, bytes, value);
            target.MarkWritten(address, bytes);
        }));
    }

    private static CopyItem CopyToDevice(Allocation target, ulong to, ulong from, nuint bytes, Action action)
    {
        var source = from == 0 ? null : State.Machine.Memory.FindLive(from, bytes);
        return new($"a copy of {bytes} bytes from the host", source is null ? null : (source, from), (target, to), bytes, action);
    }

    // What nobody wrote stays so in the copy.
    private static void Move(Allocation? target, ulong to, byte* from, nuint bytes)
    {
        if (target?.IsFreed == true) return;
        Buffer.MemoryCopy(from, (void*)to, bytes, bytes);
        if (target is null) return;
        var source = State.Machine.Memory.FindLive((ulong)from, bytes);
        if (source is null || source.Written == null) target.MarkWritten(to, bytes);
        else if (target.Written != null) Buffer.MemoryCopy(source.Written + ((ulong)from - source.Start), target.Written + (to - target.Start), bytes, bytes);
    }

    private static CudaResult Enqueue(nint stream, StreamItem item) => State.Stream(stream) is { } queue ? Enqueue(queue, item) : InvalidHandle;

    private static CudaResult Enqueue(StreamQueue queue, StreamItem item)
    {
        if (DriverState.ResultOf(queue.Gpu) is var result and not CudaResult.Success) return result;
        if (queue.Recording is { } recording) recording.Add(queue, item);
        else queue.Add(item);
        return CudaResult.Success;
    }

    [UnmanagedCallersOnly]
    private static CudaResult GetPointerAttributes(uint count, int* attributes, void** values, ulong address)
    {
        var found = State.Machine.Memory.FindLive(address, 1);
        for (var i = 0; i < count; i++)
        {
            switch (attributes[i])
            {
                case 1:
                    *(nint*)values[i] = found?.Context ?? 0;
                    break;
                case 2:
                    *(int*)values[i] = (int)(found is null ? MemoryType.Unknown : found.Kind == AllocationKind.Host ? MemoryType.Host : MemoryType.Device);
                    break;
                case 8:
                    *(byte*)values[i] = 0;
                    break;
                case 9:
                    *(int*)values[i] = found?.Gpu ?? -1;
                    break;
                case 11:
                    *(ulong*)values[i] = found?.Start ?? 0;
                    break;
                case 12:
                    *(ulong*)values[i] = found?.Bytes ?? 0;
                    break;
                default:
                    return NotSupported;
            }
        }

        return CudaResult.Success;
    }
}
