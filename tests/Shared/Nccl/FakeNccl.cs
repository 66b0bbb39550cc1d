using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Fusion.Interop;
using Fusion.Interop.Driver;
using Fusion.Interop.Nccl;
using Fusion.Runtime;

namespace Fusion.Tests.Shared;

/// <summary>NCCL's functions in C#, which write down how they are called. A sum is the rank's own numbers times the number of ranks, so ranks
/// need the same ones; one that is recorded as a CUDA graph is the rank's own numbers.</summary>
internal sealed unsafe class FakeNccl : IExportTable
{
    private static readonly Dictionary<nint, string> Names = [];
    private static readonly Dictionary<nint, int> Left = [];
    private static int waits;
    private static int version;
    private static int ranks;
    private static string failing = "";
    private static bool makesNoWindow;
    private static bool meets;

    // Number of sums of each communicator that was not aborted.
    private static readonly Dictionary<nint, int> Sums = [];

    private readonly Dictionary<string, nint> functions = new()
    {
        ["ncclGetVersion"] = (nint)(delegate* unmanaged<int*, NcclResult>)&GetVersion,
        ["ncclCommInitAll"] = (nint)(delegate* unmanaged<nint*, int, int*, NcclResult>)&CommInitAll,
        ["ncclCommAbort"] = (nint)(delegate* unmanaged<nint, NcclResult>)&CommAbort,
        ["ncclCommDestroy"] = (nint)(delegate* unmanaged<nint, NcclResult>)&CommDestroy,
        ["ncclCommGetAsyncError"] = (nint)(delegate* unmanaged<nint, NcclResult*, NcclResult>)&CommGetAsyncError,
        ["ncclAllReduce"] = (nint)(delegate* unmanaged<void*, void*, nuint, NcclDataType, int, nint, nint, NcclResult>)&AllReduce,
        ["ncclGroupStart"] = (nint)(delegate* unmanaged<NcclResult>)&GroupStart,
        ["ncclGroupEnd"] = (nint)(delegate* unmanaged<NcclResult>)&GroupEnd,
        ["ncclGetErrorString"] = (nint)(delegate* unmanaged<NcclResult, byte*>)&GetErrorString,
        ["ncclMemAlloc"] = (nint)(delegate* unmanaged<void**, nuint, NcclResult>)&MemAlloc,
        ["ncclMemFree"] = (nint)(delegate* unmanaged<void*, NcclResult>)&MemFree,
        ["ncclCommWindowRegister"] = (nint)(delegate* unmanaged<nint, void*, nuint, nint*, int, NcclResult>)&CommWindowRegister,
        ["ncclCommWindowDeregister"] = (nint)(delegate* unmanaged<nint, nint, NcclResult>)&CommWindowDeregister,
    };

    /// <param name="version">Version that NCCL says it is, such as 22703.</param>
    /// <param name="failing">Function that fails; empty for none.</param>
    /// <param name="makesNoWindow">Whether windows are 0, as NCCL leaves them where it does not use such memory.</param>
    /// <param name="waits">How often a communicator of a process of its own says that it is not done yet; null for an NCCL without
    /// such communicators.</param>
    /// <param name="meets">Whether a sum stays in its stream until all ranks have launched theirs, or its communicator is aborted.</param>
    public FakeNccl(int version = 22703, string failing = "", bool makesNoWindow = false, int? waits = null, bool meets = false)
    {
        FakeNccl.meets = meets;
        Sums.Clear();
        FakeNccl.waits = waits ?? 0;
        Left.Clear();
        if (waits is not null)
        {
            functions["ncclGetUniqueId"] = (nint)(delegate* unmanaged<UniqueId*, NcclResult>)&GetUniqueId;
            functions["ncclCommInitRankConfig"] = (nint)(delegate* unmanaged<nint*, int, UniqueId, int, void*, NcclResult>)&CommInitRankConfig;
            functions["ncclCommFinalize"] = (nint)(delegate* unmanaged<nint, NcclResult>)&CommFinalize;
        }

        (FakeNccl.version, FakeNccl.failing, FakeNccl.makesNoWindow) = (version, failing, makesNoWindow);
        Names.Clear();
        Calls = [];
        if (version >= 22700) return;
        functions.Remove("ncclCommWindowRegister");
        functions.Remove("ncclCommWindowDeregister");
    }

    /// <summary>Functions that were called, with what they were called for, in order.</summary>
    public static List<string> Calls { get; private set; } = [];

    /// <inheritdoc/>
    public bool TryGet(string name, out nint address) => functions.TryGetValue(name, out address);

    private static NcclResult Call(string function, string what)
    {
        lock (Names) Calls.Add($"{function} {what}".TrimEnd());
        return function == failing ? NcclResult.SystemError : NcclResult.Success;
    }

    private static string Name(void* memory) => Names.GetValueOrDefault((nint)memory, "other memory");

    [UnmanagedCallersOnly]
    private static NcclResult GetVersion(int* number)
    {
        *number = version;
        return NcclResult.Success;
    }

    [UnmanagedCallersOnly]
    private static NcclResult CommInitAll(nint* communicators, int count, int* gpus)
    {
        ranks = count;
        for (var rank = 0; rank < count; rank++) communicators[rank] = rank + 1;
        return Call("init", $"{count}");
    }

    [UnmanagedCallersOnly]
    private static NcclResult CommAbort(nint communicator)
    {
        lock (Sums)
        {
            Sums.Remove(communicator);
            Monitor.PulseAll(Sums);
        }

        return Call("abort", $"{communicator}");
    }

    [UnmanagedCallersOnly]
    private static NcclResult CommDestroy(nint communicator) => Call("destroy", $"{communicator}");

    [UnmanagedCallersOnly]
    private static NcclResult CommGetAsyncError(nint communicator, NcclResult* error)
    {
        lock (Names)
        {
            var left = Left.GetValueOrDefault(communicator);
            if (left > 0) Left[communicator] = left - 1;
            *error = left > 0 ? NcclResult.InProgress : NcclResult.Success;
        }

        return NcclResult.Success;
    }

    private static NcclResult Begin(nint communicator, string function)
    {
        lock (Names) Left[communicator] = waits;
        return Call(function, "") is var result and not NcclResult.Success ? result : NcclResult.InProgress;
    }

    [UnmanagedCallersOnly]
    private static NcclResult GetUniqueId(UniqueId* id)
    {
        new Span<byte>(id, sizeof(UniqueId)).Fill(0x5A);
        return Call("id", "");
    }

    [UnmanagedCallersOnly]
    private static NcclResult CommInitRankConfig(nint* communicator, int count, UniqueId id, int rank, void* config)
    {
        ranks = count;
        *communicator = rank + 1;
        lock (Sums) Sums[rank + 1] = 0;
        var isIt = new ReadOnlySpan<byte>(&id, sizeof(UniqueId)).IndexOfAnyExcept((byte)0x5A) < 0 && *((int*)config + 4) == 0;
        return Begin(rank + 1, isIt ? $"init {rank} of {count}" : "init with another id, or blocking");
    }

    [UnmanagedCallersOnly]
    private static NcclResult CommFinalize(nint communicator) => Begin(communicator, $"finalize {communicator}");

    [UnmanagedCallersOnly]
    private static NcclResult AllReduce(void* input, void* output, nuint count, NcclDataType type, int sum, nint communicator, nint stream)
    {
        if (GpuDriver.Library.Capture.GetStatus(stream, out var capture) == CudaResult.Success && capture != CaptureStatus.None)
        {
            if (input != output) GpuDriver.Check(GpuDriver.Library.Memory.Copy((ulong)output, (ulong)input, count * sizeof(float), stream), "copy");
            return Call("recorded all-reduce", $"{communicator}");
        }

        var numbers = new float[count];
        fixed (float* all = numbers)
        {
            GpuDriver.Check(GpuDriver.Library.Memory.CopyToHost(all, (ulong)input, count * sizeof(float), stream), "copy");
            GpuDriver.Check(GpuDriver.Library.Stream.Synchronize(stream), "wait");
            foreach (ref var number in numbers.AsSpan()) number *= ranks;
            GpuDriver.Check(GpuDriver.Library.Memory.CopyToDevice((ulong)output, all, count * sizeof(float), stream), "copy");
            GpuDriver.Check(GpuDriver.Library.Stream.Synchronize(stream), "wait");
        }

        if (meets) Meet(communicator, stream);
        return Call("all-reduce", $"{communicator}: {Name(input)} to {Name(output)}");
    }

    private static void Meet(nint communicator, nint stream)
    {
        const int MostSums = 1000;
        lock (Sums)
        {
            var place = (communicator * MostSums) + ++CollectionsMarshal.GetValueRefOrAddDefault(Sums, communicator, out _);
            Monitor.PulseAll(Sums);
            GpuDriver.Check(GpuDriver.Library.Stream.AddCallback(stream, &UntilAllCame, (void*)place), "callback");
        }

        [UnmanagedCallersOnly]
        static void UntilAllCame(nint stream, CudaResult result, void* place)
        {
            var (communicator, number) = ((nint)place / MostSums, (int)((nint)place % MostSums));
            lock (Sums)
            {
                while (Sums.ContainsKey(communicator) && (Sums.Count < ranks || Sums.Values.Any(count => count < number))) Monitor.Wait(Sums);
            }
        }
    }

    [UnmanagedCallersOnly]
    private static NcclResult GroupStart() => Call("group", "start");

    [UnmanagedCallersOnly]
    private static NcclResult GroupEnd() => Call("group", "end");

    [UnmanagedCallersOnly]
    private static byte* GetErrorString(NcclResult result) => (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference("unhandled system error\0"u8));

    [UnmanagedCallersOnly]
    private static NcclResult MemAlloc(void** memory, nuint bytes)
    {
        GpuDriver.Check(GpuDriver.Library.Memory.Allocate(bytes, out var address), "cuMemAlloc");
        *memory = (void*)address;
        Names[(nint)address] = $"memory {Names.Count + 1}";
        return Call("allocate", $"{Name(*memory)} of {bytes}");
    }

    [UnmanagedCallersOnly]
    private static NcclResult MemFree(void* memory)
    {
        GpuDriver.Check(GpuDriver.Library.Memory.Free((ulong)memory), "cuMemFree");
        return Call("free", Name(memory));
    }

    [UnmanagedCallersOnly]
    private static NcclResult CommWindowRegister(nint communicator, void* memory, nuint bytes, nint* window, int flags)
    {
        *window = makesNoWindow ? 0 : 100 + communicator;
        return Call("register", $"{communicator}: {Name(memory)} of {bytes}, flags {flags}");
    }

    [UnmanagedCallersOnly]
    private static NcclResult CommWindowDeregister(nint communicator, nint window) => Call("deregister", $"{communicator}: {window}");

    [StructLayout(LayoutKind.Sequential, Size = 128)]
    private struct UniqueId;
}
