using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Fusion.Interop;
using Fusion.Interop.Driver;

namespace Fusion.Emulation.Driver;

/// <summary>The table of the driver's functions. Each has C's calling convention and does what the driver's documentation says of
/// it, for the forms that Fusion.Runtime uses.</summary>
internal sealed unsafe partial class EmulatorDriver : IExportTable
{
    /// <summary>Version that the driver says it has: that of CUDA 13.0, whose PTX is 9.0.</summary>
    public const int Version = 13000;

    private const CudaResult InvalidDevice = (CudaResult)101;
    private const CudaResult InvalidContext = (CudaResult)201;
    private const CudaResult OperatingSystemError = (CudaResult)304;
    private const CudaResult InvalidHandle = (CudaResult)400;
    private const CudaResult NotSupported = (CudaResult)801;

    private static DriverState State => DriverState.Current;

    public bool TryGet(string name, out nint address)
    {
        address = Device(name) is var found and not 0 ? found
            : Memory(name) is var memory and not 0 ? memory
            : Stream(name) is var stream and not 0 ? stream
            : Ipc(name) is var ipc and not 0 ? ipc
            : VirtualMemory(name) is var mapped and not 0 ? mapped
            : TensorMaps(name) is var maps and not 0 ? maps : Module(name);
        return address != 0;
    }

    // For a caller, an exception would be the end of the process.
    private static CudaResult Guard(Func<CudaResult> function)
    {
        try
        {
            return function();
        }
        catch (OutOfMemoryException)
        {
            return CudaResult.OutOfMemory;
        }
    }

    private static CudaResult Give<T>(T* to, T value)
        where T : unmanaged
    {
        *to = value;
        return CudaResult.Success;
    }

    private static CudaResult OfContext(Driver.EmulatedContext? context) => context is null ? InvalidContext : DriverState.ResultOf(context.Gpu);

    private static nint Device(string name) => name switch
    {
        "cuInit" => (nint)(delegate* unmanaged<uint, CudaResult>)&Init,
        "cuDriverGetVersion" => (nint)(delegate* unmanaged<int*, CudaResult>)&GetVersion,
        "cuDeviceGetCount" => (nint)(delegate* unmanaged<int*, CudaResult>)&GetCount,
        "cuDeviceGet" => (nint)(delegate* unmanaged<int*, int, CudaResult>)&GetDevice,
        "cuDeviceGetName" => (nint)(delegate* unmanaged<byte*, int, int, CudaResult>)&GetName,
        "cuDeviceTotalMem_v2" => (nint)(delegate* unmanaged<nuint*, int, CudaResult>)&GetTotalMemory,
        "cuDeviceGetAttribute" => (nint)(delegate* unmanaged<int*, DeviceProperty, int, CudaResult>)&GetDeviceAttribute,
        "cuDeviceGetUuid_v2" => (nint)(delegate* unmanaged<byte*, int, CudaResult>)&GetUuid,
        "cuDevicePrimaryCtxRetain" => (nint)(delegate* unmanaged<nint*, int, CudaResult>)&Retain,
        "cuDevicePrimaryCtxRelease_v2" => (nint)(delegate* unmanaged<int, CudaResult>)&Release,
        "cuCtxGetCurrent" => (nint)(delegate* unmanaged<nint*, CudaResult>)&GetCurrent,
        "cuCtxSetCurrent" => (nint)(delegate* unmanaged<nint, CudaResult>)&SetCurrent,
        "cuCtxGetDevice" => (nint)(delegate* unmanaged<int*, CudaResult>)&GetDeviceOfContext,
        "cuCtxSynchronize" => (nint)(delegate* unmanaged<CudaResult>)&SynchronizeContext,
        "cuDeviceCanAccessPeer" => (nint)(delegate* unmanaged<int*, int, int, CudaResult>)&CanAccessPeer,
        "cuCtxEnablePeerAccess" => (nint)(delegate* unmanaged<nint, uint, CudaResult>)&EnablePeer,
        "cuGetErrorName" => (nint)(delegate* unmanaged<CudaResult, byte**, CudaResult>)&GetErrorName,
        "cuGetErrorString" => (nint)(delegate* unmanaged<CudaResult, byte**, CudaResult>)&GetErrorString,
        // Not a function of CUDA: Fusion.Runtime then loads PTX where it would take a cubin.
        "fusionTakesOnlyPtx" => (nint)(delegate* unmanaged<CudaResult>)&TakesOnlyPtx,
        _ => 0,
    };

    [UnmanagedCallersOnly]
    private static CudaResult Init(uint flags) => CudaResult.Success;

    [UnmanagedCallersOnly]
    private static CudaResult TakesOnlyPtx() => CudaResult.Success;

    [UnmanagedCallersOnly]
    private static CudaResult GetVersion(int* version) => Give(version, Version);

    [UnmanagedCallersOnly]
    private static CudaResult GetCount(int* count) => Give(count, State.Machine.Gpus.Length);

    [UnmanagedCallersOnly]
    private static CudaResult GetDevice(int* device, int ordinal) =>
        IsGpu(ordinal) ? Give(device, ordinal) : InvalidDevice;

    [UnmanagedCallersOnly]
    private static CudaResult GetName(byte* name, int length, int device)
    {
        if (length <= 0 || !IsGpu(device)) return CudaResult.InvalidValue;
        var text = System.Text.Encoding.ASCII.GetBytes($"Emulated GPU {State.Machine.Options.Capability}\0").AsSpan();
        text[..Math.Min(length, text.Length)].CopyTo(new Span<byte>(name, length));
        name[length - 1] = 0;
        return CudaResult.Success;
    }

    [UnmanagedCallersOnly]
    private static CudaResult GetTotalMemory(nuint* bytes, int device) =>
        IsGpu(device) ? Give(bytes, (nuint)State.Machine.Options.MemoryBytes) : InvalidDevice;

    [UnmanagedCallersOnly]
    private static CudaResult GetDeviceAttribute(int* value, DeviceProperty property, int device) =>
        IsGpu(device) ? Give(value, DeviceLimits.Of(property, State.Machine.Options)) : InvalidDevice;

    // The same GPU in every process, as far as they emulate as many.
    [UnmanagedCallersOnly]
    private static CudaResult GetUuid(byte* uuid, int device)
    {
        if (!IsGpu(device)) return InvalidDevice;
        "FusionEmulator"u8.CopyTo(new(uuid, 14));
        (uuid[14], uuid[15]) = (0, (byte)device);
        return CudaResult.Success;
    }

    [UnmanagedCallersOnly]
    private static CudaResult Retain(nint* context, int device)
    {
        if (!IsGpu(device)) return InvalidDevice;
        State.Contexts[device].Retain();
        return Give(context, State.Contexts[device].Handle);
    }

    [UnmanagedCallersOnly]
    private static CudaResult Release(int device) =>
        IsGpu(device) && State.Contexts[device].Release() ? CudaResult.Success : InvalidContext;

    [UnmanagedCallersOnly]
    private static CudaResult GetCurrent(nint* context) => Give(context, DriverState.CurrentContext);

    [UnmanagedCallersOnly]
    private static CudaResult SetCurrent(nint context)
    {
        if (context != 0 && State.ContextOf(context) is null) return InvalidContext;
        DriverState.CurrentContext = context;
        return CudaResult.Success;
    }

    [UnmanagedCallersOnly]
    private static CudaResult GetDeviceOfContext(int* device) =>
        State.Context is { } context ? Give(device, context.Gpu.Ordinal) : InvalidContext;

    [UnmanagedCallersOnly]
    private static CudaResult SynchronizeContext()
    {
        if (State.Context is not { } context) return InvalidContext;
        WaitFor(context.Gpu);
        return DriverState.ResultOf(context.Gpu);
    }

    [UnmanagedCallersOnly]
    private static CudaResult CanAccessPeer(int* can, int device, int peer) => Give(can, IsGpu(device) && IsGpu(peer) && device != peer ? 1 : 0);

    [UnmanagedCallersOnly]
    private static CudaResult EnablePeer(nint peer, uint flags)
    {
        if (State.Context is not { } context || State.ContextOf(peer) is not { } other || other == context) return InvalidContext;
        return context.Gpu.AddPeer(other.Gpu.Ordinal) ? CudaResult.Success : CudaResult.PeerAccessAlreadyEnabled;
    }

    [UnmanagedCallersOnly]
    private static CudaResult GetErrorName(CudaResult result, byte** text) => ErrorTexts.Give(ErrorTexts.NameOf(result), text);

    [UnmanagedCallersOnly]
    private static CudaResult GetErrorString(CudaResult result, byte** text) => ErrorTexts.Give(ErrorTexts.Describe(result, State), text);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsGpu(int ordinal) => (uint)ordinal < (uint)State.Machine.Gpus.Length;
}
