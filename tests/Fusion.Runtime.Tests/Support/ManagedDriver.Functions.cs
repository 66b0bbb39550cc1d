using System.Runtime.InteropServices;
using Fusion.Interop.Driver;

namespace Fusion.Runtime.Tests;

/// <content>The driver's functions.</content>
internal sealed unsafe partial class ManagedDriver
{
    [UnmanagedCallersOnly]
    private static CudaResult Init(uint flags) => CudaResult.Success;

    [UnmanagedCallersOnly]
    private static CudaResult GetMemoryInfo(nuint* free, nuint* total)
    {
        *total = 1 << 20;
        return Give(free, (nuint)(1 << 19));
    }

    [UnmanagedCallersOnly]
    private static CudaResult NotSupported() => (CudaResult)801;

    [UnmanagedCallersOnly]
    private static CudaResult GetVersion(int* version) => Give(version, 12080);

    [UnmanagedCallersOnly]
    private static CudaResult GetCount(int* count) => Give(count, 1);

    [UnmanagedCallersOnly]
    private static CudaResult GetDevice(int* device, int ordinal) => Give(device, ordinal);

    [UnmanagedCallersOnly]
    private static CudaResult GetCurrentDevice(int* device) => Give(device, 0);

    [UnmanagedCallersOnly]
    private static CudaResult GetName(byte* name, int length, int device)
    {
        "Managed GPU\0"u8.CopyTo(new Span<byte>(name, length));
        return CudaResult.Success;
    }

    [UnmanagedCallersOnly]
    private static CudaResult TotalMemory(nuint* bytes, int device) => Give(bytes, (nuint)1 << 30);

    [UnmanagedCallersOnly]
    private static CudaResult GetAttribute(int* value, DeviceProperty property, int device) => Give(value, property switch
    {
        DeviceProperty.ComputeCapabilityMajor => 9,
        DeviceProperty.ComputeCapabilityMinor => 0,
        _ => 1,
    });

    [UnmanagedCallersOnly]
    private static CudaResult Retain(nint* context, int device)
    {
        Interlocked.Increment(ref primaries);
        return Give(context, Primary);
    }

    [UnmanagedCallersOnly]
    private static CudaResult ReleasePrimary(int device) => Interlocked.Decrement(ref primaries) >= 0 ? CudaResult.Success : Fault();

    [UnmanagedCallersOnly]
    private static CudaResult SetCurrent(nint context)
    {
        current = context;
        // A context that nobody retains is gone; other contexts are other libraries'.
        return context == Primary && primaries == 0 ? Fault() : CudaResult.Success;
    }

    [UnmanagedCallersOnly]
    private static CudaResult GetCurrent(nint* context) => Give(context, current);

    [UnmanagedCallersOnly]
    private static CudaResult SynchronizeAll() => WorkResult;

    [UnmanagedCallersOnly]
    private static CudaResult CreateStream(nint* stream, uint flags) => Made(Interlocked.Increment(ref next), "stream", stream);

    [UnmanagedCallersOnly]
    private static CudaResult DestroyStream(nint stream) => Gone(stream, "stream");

    [UnmanagedCallersOnly]
    private static CudaResult Synchronize(nint stream) => Check(stream, "stream") is var result and not CudaResult.Success ? result : WorkResult;

    [UnmanagedCallersOnly]
    private static CudaResult Query(nint stream) => Check(stream, "stream") is var result and not CudaResult.Success ? result
        : isHeld ? CudaResult.NotReady : WorkResult;

    [UnmanagedCallersOnly]
    private static CudaResult WaitEvent(nint stream, nint handle, uint flags) =>
        Check(handle, "event") is var result and not CudaResult.Success ? result : Check(stream, "stream");

    [UnmanagedCallersOnly]
    private static CudaResult IsCapturing(nint stream, int* status) => Give(status, stream == Capturing ? 1 : 0);

    [UnmanagedCallersOnly]
    private static CudaResult AddCallback(nint stream, delegate* unmanaged<nint, CudaResult, void*, void> callback, void* data, uint flags)
    {
        var result = RefusesCallbacks ? CudaResult.OutOfMemory : Check(stream, "stream");
        if (result != CudaResult.Success) return result;
        Held.Enqueue(() => callback(stream, WorkResult, data));
        if (!isHeld) Release();
        return result;
    }

    [UnmanagedCallersOnly]
    private static CudaResult CreateEvent(nint* handle, uint flags) => Made(Interlocked.Increment(ref next), "event", handle);

    [UnmanagedCallersOnly]
    private static CudaResult DestroyEvent(nint handle) => Gone(handle, "event");

    [UnmanagedCallersOnly]
    private static CudaResult QueryEvent(nint handle) => Check(handle, "event") is var result and not CudaResult.Success ? result
        : isHeld ? CudaResult.NotReady : WorkResult;

    [UnmanagedCallersOnly]
    private static CudaResult Record(nint handle, nint stream) =>
        Check(handle, "event") is var result and not CudaResult.Success ? result : Check(stream, "stream");

    [UnmanagedCallersOnly]
    private static CudaResult LoadModule(nint* module, void* image, uint count, JitOption* options, void** values)
    {
        var result = Made(Interlocked.Increment(ref next), "module", module);
        Variables[*module] = [];
        return result;
    }

    [UnmanagedCallersOnly]
    private static CudaResult UnloadModule(nint module)
    {
        var result = Gone(module, "module");
        if (result != CudaResult.Success || !Variables.Remove(module, out var variables)) return result;
        foreach (var variable in variables)
        {
            if (Gone(variable, "global") == CudaResult.Success) NativeMemory.AlignedFree((void*)variable);
        }

        return result;
    }

    [UnmanagedCallersOnly]
    private static CudaResult GetFunction(nint* function, nint module, byte* name)
    {
        *function = Interlocked.Increment(ref next);
        return Check(module, "module");
    }

    [UnmanagedCallersOnly]
    private static CudaResult LoadFunction(nint function) => CudaResult.Success;

    // All kernels are taken for built-in ones.
    [UnmanagedCallersOnly]
    private static CudaResult GetParameter(nint function, nuint index, nuint* offset, nuint* size)
    {
        (*offset, *size) = (0, (nuint)sizeof(AllReduceParameters));
        return index == 0 ? CudaResult.Success : CudaResult.InvalidValue;
    }

    [UnmanagedCallersOnly]
    private static CudaResult GetFunctionAttribute(int* value, FunctionProperty property, nint function) => Give(value, 1);

    [UnmanagedCallersOnly]
    private static CudaResult GetGlobal(ulong* address, nuint* bytes, nint module, byte* name)
    {
        var result = Check(module, "module");
        if (result != CudaResult.Success) return result;
        if (!Globals.TryGetValue(Marshal.PtrToStringUTF8((nint)name)!, out var size)) return CudaResult.NotFound;
        *bytes = (nuint)size;
        result = Made((nint)NativeMemory.AlignedAlloc(*bytes, 256), "global", (nint*)address);
        Variables[module].Add((nint)(*address));
        return result;
    }

    [UnmanagedCallersOnly]
    private static CudaResult Allocate(ulong* address, nuint bytes) => AllocateBuffer(address, bytes);

    [UnmanagedCallersOnly]
    private static CudaResult AllocateInStream(ulong* address, nuint bytes, nint stream) =>
        Check(stream, "stream") is var result and not CudaResult.Success ? result : AllocateBuffer(address, bytes);

    private static CudaResult AllocateBuffer(ulong* address, nuint bytes) => Live("buffer") >= MemoryLimit
        ? CudaResult.OutOfMemory : Made((nint)NativeMemory.AlignedAlloc(bytes, 256), "buffer", (nint*)address);

    [UnmanagedCallersOnly]
    private static CudaResult Free(ulong address) => FreeBuffer(address);

    [UnmanagedCallersOnly]
    private static CudaResult FreeInStream(ulong address, nint stream) =>
        Check(stream, "stream") is var result and not CudaResult.Success ? result : FreeBuffer(address);

    private static CudaResult FreeBuffer(ulong address)
    {
        var result = Gone((nint)address, "buffer");
        if (result == CudaResult.Success) NativeMemory.AlignedFree((void*)address);
        return result;
    }

    [UnmanagedCallersOnly]
    private static CudaResult AllocateHost(void** address, nuint bytes, uint flags) =>
        Made((nint)NativeMemory.AlignedAlloc(bytes, 256), "host", (nint*)address);

    [UnmanagedCallersOnly]
    private static CudaResult FreeHost(void* address)
    {
        var result = Gone((nint)address, "host");
        if (result == CudaResult.Success) NativeMemory.AlignedFree(address);
        return result;
    }

    [UnmanagedCallersOnly]
    private static CudaResult GetDevicePointer(ulong* device, void* host, uint flags) => Give(device, (ulong)host);

    [UnmanagedCallersOnly]
    private static CudaResult CopyToDevice(ulong to, void* from, nuint bytes, nint stream)
    {
        var result = CheckMemory((nint)to, stream);
        if (result == CudaResult.Success) NativeMemory.Copy(from, (void*)to, bytes);
        return result;
    }

    [UnmanagedCallersOnly]
    private static CudaResult CopyToHost(void* to, ulong from, nuint bytes, nint stream)
    {
        var result = CheckMemory((nint)from, stream);
        if (result == CudaResult.Success) NativeMemory.Copy((void*)from, to, bytes);
        return result;
    }

    [UnmanagedCallersOnly]
    private static CudaResult Copy(ulong to, ulong from, nuint bytes, nint stream)
    {
        var result = CheckMemory((nint)from, stream);
        if (result == CudaResult.Success) NativeMemory.Copy((void*)from, (void*)to, bytes);
        return result;
    }

    [UnmanagedCallersOnly]
    private static CudaResult Fill(ulong address, byte value, nuint bytes, nint stream)
    {
        var result = CheckMemory((nint)address, stream);
        if (result == CudaResult.Success) NativeMemory.Fill((void*)address, bytes, value);
        return result;
    }
}
