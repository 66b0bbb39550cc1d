using System.Collections.Concurrent;
using Fusion.Emulation.Machine;
using Fusion.Interop.Driver;

namespace Fusion.Emulation.Driver;

/// <summary>What the driver's functions work on: the machine, and what each handle is of.</summary>
internal sealed class DriverState(EmulatedMachine machine)
{
    [ThreadStatic]
    private static nint current;

    private readonly ConcurrentDictionary<nint, object> handles = [];
    private long next = 0x1000;

    /// <summary>The driver's state, once the emulator is in use.</summary>
    public static DriverState Current { get; set; } = null!;

    public EmulatedMachine Machine { get; } = machine;

    public EmulatedContext[] Contexts { get; } = [.. machine.Gpus.Select(gpu => new EmulatedContext(gpu))];

    /// <summary>Handles of memory that contexts have open. It is also their lock.</summary>
    public List<IpcMapping> IpcMappings { get; } = [];

    /// <summary>Addresses that were reserved, by the first of them.</summary>
    public ConcurrentDictionary<ulong, Reservation> Reservations { get; } = [];

    /// <summary>Context that a thread has made current.</summary>
    public static nint CurrentContext
    {
        get => current;
        set => current = value;
    }

    /// <summary>Context of the calling thread; null for none.</summary>
    public EmulatedContext? Context => ContextOf(CurrentContext);

    public nint Make(object thing)
    {
        var handle = (nint)Interlocked.Add(ref next, 16);
        handles[handle] = thing;
        return handle;
    }

    public T? Find<T>(nint handle)
        where T : class => handles.GetValueOrDefault(handle) as T;

    public T? Remove<T>(nint handle)
        where T : class => Find<T>(handle) is { } found && handles.TryRemove(handle, out _) ? found : null;

    public EmulatedContext? ContextOf(nint handle) =>
        handle > 0 && handle <= Contexts.Length && Contexts[handle - 1] is { Retains: > 0 } context ? context : null;

    /// <summary>Finds a stream; 0 to 2 are the default stream of the current context.</summary>
    public StreamQueue? Stream(nint handle) => handle is >= 0 and <= 2 ? Context?.DefaultStream : Find<EmulatedStream>(handle)?.Queue;

    /// <summary>Result that calls for a GPU have after a kernel failed.</summary>
    public static CudaResult ResultOf(Gpu gpu) => gpu.Failure?.Kind switch
    {
        null => CudaResult.Success,
        FaultKind.OutOfBounds or FaultKind.UseAfterFree or FaultKind.UninitializedRead or FaultKind.SharedMemoryRace or
            FaultKind.GlobalMemoryRace or FaultKind.ReadOnlyDataWritten or FaultKind.MissingSynchronization => CudaResult.IllegalAddress,
        FaultKind.Misaligned => CudaResult.MisalignedAddress,
        FaultKind.StepLimit => (CudaResult)702,
        FaultKind.Assertion => (CudaResult)710,
        FaultKind.IllegalInstruction => (CudaResult)715,
        _ => CudaResult.LaunchFailed,
    };
}

/// <summary>The primary context of a GPU.</summary>
internal sealed class EmulatedContext(Gpu gpu)
{
    private int retains;

    public Gpu Gpu { get; } = gpu;

    public nint Handle { get; } = gpu.Ordinal + 1;

    public StreamQueue DefaultStream { get; } = new(gpu);

    public int Retains => retains;

    public void Retain() => Interlocked.Increment(ref retains);

    public bool Release() => Interlocked.Decrement(ref retains) >= 0;
}

/// <summary>A stream that a program made.</summary>
internal sealed record EmulatedStream(StreamQueue Queue, EmulatedContext Context);
