using System.Collections.Concurrent;
using Fusion.Interop;
using Fusion.Interop.Driver;

namespace Fusion.Runtime.Tests;

/// <summary>A driver of C# functions with one GPU whose memory is the host's. It knows what is live, and counts calls with
/// handles that are not. Work is done at once; a stream that is held calls back when it is released.</summary>
internal sealed unsafe partial class ManagedDriver : IExportTable, IDisposable
{
    /// <summary>The primary context.</summary>
    public const nint Primary = 42;

    private static readonly Dictionary<nint, string> LiveHandles = [];
    private static readonly ConcurrentQueue<Action> Held = [];
    private static readonly Dictionary<nint, List<nint>> Variables = [];
    private static int next;
    private static int primaries;
    private static int faults;
    private static bool isHeld;

    [ThreadStatic]
    private static nint current;

    public ManagedDriver()
    {
        Reclaimer.Flush(TimeSpan.FromSeconds(10));
        lock (LiveHandles) LiveHandles.Clear();
        (next, primaries, faults, isHeld) = (1000, 0, 0, false);
        (BeforeCopy, MemoryLimit, WorkResult, Capturing, RefusesCallbacks) = (null, long.MaxValue, CudaResult.Success, 0, false);
        Globals.Clear();
        GpuDriver.Use(this);
    }

    /// <summary>Called on the thread of each copy, before it is done.</summary>
    public static Action? BeforeCopy { get; set; }

    /// <summary>Number of buffers that there is room for.</summary>
    public static long MemoryLimit { get; set; } = long.MaxValue;

    /// <summary>Result that work in streams has.</summary>
    public static CudaResult WorkResult { get; set; }

    /// <summary>Size in bytes of each variable that a module has from now on, by symbol.</summary>
    public static Dictionary<string, int> Globals { get; } = [];

    /// <summary>Stream that is being recorded; 0 for none.</summary>
    public static nint Capturing { get; set; }

    /// <summary>Whether streams take no callback.</summary>
    public static bool RefusesCallbacks { get; set; }

    /// <summary>Number of live things of a kind: stream, event, buffer, host.</summary>
    public static int Live(string kind)
    {
        lock (LiveHandles) return LiveHandles.Values.Count(one => one == kind);
    }

    /// <summary>Number of all live things, contexts among them.</summary>
    public static int LiveThings
    {
        get
        {
            lock (LiveHandles) return LiveHandles.Count + primaries;
        }
    }

    /// <summary>Number of times that the primary context is retained.</summary>
    public static int Primaries => primaries;

    /// <summary>Number of calls with a handle that was not live.</summary>
    public static int Faults => faults;

    /// <summary>Keeps streams from being done.</summary>
    public static void Hold() => isHeld = true;

    /// <summary>Lets streams be done, and calls back from a thread of its own.</summary>
    public static void Release()
    {
        isHeld = false;
        new Thread(() =>
        {
            while (Held.TryDequeue(out var callback)) callback();
        }).Start();
    }

    public void Dispose()
    {
        BeforeCopy = null;
        Reclaimer.Flush(TimeSpan.FromSeconds(10));
        GpuDriver.Use(null);
    }

    public bool TryGet(string name, out nint address)
    {
        address = name switch
        {
            "cuInit" => (nint)(delegate* unmanaged<uint, CudaResult>)&Init,
            "cuDriverGetVersion" => (nint)(delegate* unmanaged<int*, CudaResult>)&GetVersion,
            "cuDeviceGetCount" => (nint)(delegate* unmanaged<int*, CudaResult>)&GetCount,
            "cuDeviceGet" => (nint)(delegate* unmanaged<int*, int, CudaResult>)&GetDevice,
            "cuDeviceGetName" => (nint)(delegate* unmanaged<byte*, int, int, CudaResult>)&GetName,
            "cuDeviceTotalMem_v2" => (nint)(delegate* unmanaged<nuint*, int, CudaResult>)&TotalMemory,
            "cuDeviceGetAttribute" => (nint)(delegate* unmanaged<int*, DeviceProperty, int, CudaResult>)&GetAttribute,
            "cuDevicePrimaryCtxRetain" => (nint)(delegate* unmanaged<nint*, int, CudaResult>)&Retain,
            "cuDevicePrimaryCtxRelease_v2" => (nint)(delegate* unmanaged<int, CudaResult>)&ReleasePrimary,
            "cuCtxSetCurrent" => (nint)(delegate* unmanaged<nint, CudaResult>)&SetCurrent,
            "cuCtxGetCurrent" => (nint)(delegate* unmanaged<nint*, CudaResult>)&GetCurrent,
            "cuCtxGetDevice" => (nint)(delegate* unmanaged<int*, CudaResult>)&GetCurrentDevice,
            "cuCtxSynchronize" => (nint)(delegate* unmanaged<CudaResult>)&SynchronizeAll,
            "cuStreamCreate" => (nint)(delegate* unmanaged<nint*, uint, CudaResult>)&CreateStream,
            "cuStreamDestroy_v2" => (nint)(delegate* unmanaged<nint, CudaResult>)&DestroyStream,
            "cuStreamSynchronize" => (nint)(delegate* unmanaged<nint, CudaResult>)&Synchronize,
            "cuStreamQuery" => (nint)(delegate* unmanaged<nint, CudaResult>)&Query,
            "cuStreamWaitEvent" => (nint)(delegate* unmanaged<nint, nint, uint, CudaResult>)&WaitEvent,
            "cuStreamIsCapturing" => (nint)(delegate* unmanaged<nint, int*, CudaResult>)&IsCapturing,
            "cuStreamAddCallback" => (nint)(delegate* unmanaged<nint, delegate* unmanaged<nint, CudaResult, void*, void>, void*, uint, CudaResult>)&AddCallback,
            "cuEventCreate" => (nint)(delegate* unmanaged<nint*, uint, CudaResult>)&CreateEvent,
            "cuEventDestroy_v2" => (nint)(delegate* unmanaged<nint, CudaResult>)&DestroyEvent,
            "cuEventQuery" => (nint)(delegate* unmanaged<nint, CudaResult>)&QueryEvent,
            "cuEventRecord" => (nint)(delegate* unmanaged<nint, nint, CudaResult>)&Record,
            "cuModuleLoadDataEx" => (nint)(delegate* unmanaged<nint*, void*, uint, JitOption*, void**, CudaResult>)&LoadModule,
            "cuModuleUnload" => (nint)(delegate* unmanaged<nint, CudaResult>)&UnloadModule,
            "cuModuleGetFunction" => (nint)(delegate* unmanaged<nint*, nint, byte*, CudaResult>)&GetFunction,
            "cuFuncLoad" => (nint)(delegate* unmanaged<nint, CudaResult>)&LoadFunction,
            "cuFuncGetParamInfo" => (nint)(delegate* unmanaged<nint, nuint, nuint*, nuint*, CudaResult>)&GetParameter,
            "cuFuncGetAttribute" => (nint)(delegate* unmanaged<int*, FunctionProperty, nint, CudaResult>)&GetFunctionAttribute,
            "cuModuleGetGlobal_v2" => (nint)(delegate* unmanaged<ulong*, nuint*, nint, byte*, CudaResult>)&GetGlobal,
            "cuMemAlloc_v2" => (nint)(delegate* unmanaged<ulong*, nuint, CudaResult>)&Allocate,
            "cuMemFree_v2" => (nint)(delegate* unmanaged<ulong, CudaResult>)&Free,
            "cuMemGetInfo_v2" => (nint)(delegate* unmanaged<nuint*, nuint*, CudaResult>)&GetMemoryInfo,
            "cuMemAllocAsync" => (nint)(delegate* unmanaged<ulong*, nuint, nint, CudaResult>)&AllocateInStream,
            "cuMemFreeAsync" => (nint)(delegate* unmanaged<ulong, nint, CudaResult>)&FreeInStream,
            "cuMemHostAlloc" => (nint)(delegate* unmanaged<void**, nuint, uint, CudaResult>)&AllocateHost,
            "cuMemFreeHost" => (nint)(delegate* unmanaged<void*, CudaResult>)&FreeHost,
            "cuMemHostGetDevicePointer_v2" => (nint)(delegate* unmanaged<ulong*, void*, uint, CudaResult>)&GetDevicePointer,
            "cuMemcpyHtoDAsync_v2" => (nint)(delegate* unmanaged<ulong, void*, nuint, nint, CudaResult>)&CopyToDevice,
            "cuMemcpyDtoHAsync_v2" => (nint)(delegate* unmanaged<void*, ulong, nuint, nint, CudaResult>)&CopyToHost,
            "cuMemcpyAsync" => (nint)(delegate* unmanaged<ulong, ulong, nuint, nint, CudaResult>)&Copy,
            "cuMemsetD8Async" => (nint)(delegate* unmanaged<ulong, byte, nuint, nint, CudaResult>)&Fill,
            _ => (nint)(delegate* unmanaged<CudaResult>)&NotSupported,
        };
        return true;
    }

    private static CudaResult Made(nint handle, string kind, nint* to)
    {
        lock (LiveHandles) LiveHandles[handle] = kind;
        *to = handle;
        return current == Primary ? CudaResult.Success : Fault();
    }

    private static CudaResult Gone(nint handle, string kind)
    {
        lock (LiveHandles)
        {
            if (current == Primary && LiveHandles.TryGetValue(handle, out var found) && found == kind && LiveHandles.Remove(handle))
                return CudaResult.Success;
        }

        return Fault();
    }

    private static CudaResult Check(nint handle, string kind)
    {
        lock (LiveHandles)
        {
            if (LiveHandles.TryGetValue(handle, out var found) && found == kind) return CudaResult.Success;
        }

        return Fault();
    }

    private static CudaResult Fault()
    {
        Interlocked.Increment(ref faults);
        return CudaResult.InvalidValue;
    }

    private static CudaResult Give<T>(T* to, T value)
        where T : unmanaged
    {
        *to = value;
        return CudaResult.Success;
    }

    // An address within a live buffer.
    private static CudaResult CheckMemory(nint address, nint stream)
    {
        BeforeCopy?.Invoke();
        lock (LiveHandles)
        {
            var isLive = false;
            foreach (var (start, kind) in LiveHandles)
                isLive |= kind is "buffer" or "host" or "global" && address >= start && address < start + (1 << 16);
            if (!isLive) return Fault();
        }

        return Check(stream, "stream");
    }
}
