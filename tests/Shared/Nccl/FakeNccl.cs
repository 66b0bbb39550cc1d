using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Fusion.Interop;
using Fusion.Interop.Driver;
using Fusion.Interop.Nccl;
using Fusion.Runtime;

namespace Fusion.Tests.Shared;

/// <summary>NCCL's functions in C#, which write down how they are called. The calls of ranks that were connected each by itself are done as NCCL does
/// them (<see cref="MeetingRanks"/>). A sum of ranks of one process is the rank's own numbers times the number of ranks, so ranks need the same ones; one
/// that is recorded as a CUDA graph is the rank's own numbers.</summary>
internal sealed unsafe class FakeNccl : IExportTable
{
    private static readonly Dictionary<nint, string> Names = [];
    private static readonly Dictionary<nint, int> Left = [];
    private static int waits;
    private static int version;
    private static int ranks;
    private static string failing = "";
    private static bool makesNoWindow;
    private static MeetingRanks meeting = new();

    // Number of ids that were given out, from 1 on: the ranks that are connected with the same one meet.
    private static int ids;

    private readonly Dictionary<string, nint> functions = new()
    {
        ["ncclGetVersion"] = (nint)(delegate* unmanaged<int*, NcclResult>)&GetVersion,
        ["ncclCommInitAll"] = (nint)(delegate* unmanaged<nint*, int, int*, NcclResult>)&CommInitAll,
        ["ncclCommAbort"] = (nint)(delegate* unmanaged<nint, NcclResult>)&CommAbort,
        ["ncclCommDestroy"] = (nint)(delegate* unmanaged<nint, NcclResult>)&CommDestroy,
        ["ncclCommGetAsyncError"] = (nint)(delegate* unmanaged<nint, NcclResult*, NcclResult>)&CommGetAsyncError,
        ["ncclAllReduce"] = (nint)(delegate* unmanaged<void*, void*, nuint, NcclDataType, int, nint, nint, NcclResult>)&AllReduce,
        ["ncclAllGather"] = (nint)(delegate* unmanaged<void*, void*, nuint, NcclDataType, nint, nint, NcclResult>)&AllGather,
        ["ncclReduceScatter"] = (nint)(delegate* unmanaged<void*, void*, nuint, NcclDataType, int, nint, nint, NcclResult>)&ReduceScatter,
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
    public FakeNccl(int version = 22703, string failing = "", bool makesNoWindow = false, int? waits = null)
    {
        meeting = new();
        ids = 0;
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

    /// <summary>Function that fails from now on; empty for none.</summary>
    public static string Failing { set => failing = value; }

    /// <summary>Functions that were called, with what they were called for, in order.</summary>
    public static List<string> Calls { get; private set; } = [];

    /// <inheritdoc/>
    public bool TryGet(string name, out nint address) => functions.TryGetValue(name, out address);

    private static NcclResult Call(string function, string what)
    {
        lock (Names) Calls.Add($"{function} {what}".TrimEnd());
        return function == failing ? NcclResult.SystemError : NcclResult.Success;
    }

    private const int MostRanks = 100;

    // Communicators have the number of the connection above that of the rank, from 1 on.
    private static nint Number(nint communicator) => communicator % MostRanks;

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
        meeting.Abort(communicator);
        return Call("abort", $"{Number(communicator)}");
    }

    [UnmanagedCallersOnly]
    private static NcclResult CommDestroy(nint communicator) => Call("destroy", $"{Number(communicator)}");

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
        *(int*)id = Interlocked.Increment(ref ids);
        return Call("id", "");
    }

    [UnmanagedCallersOnly]
    private static NcclResult CommInitRankConfig(nint* communicator, int count, UniqueId id, int rank, void* config)
    {
        ranks = count;
        var number = *(int*)&id;
        *communicator = (number * MostRanks) + rank + 1;
        meeting.Add(*communicator, number, rank, count);
        var isIt = number > 0 && number <= ids && new ReadOnlySpan<byte>(&id, sizeof(UniqueId))[sizeof(int)..].IndexOfAnyExcept((byte)0x5A) < 0 && *((int*)config + 4) == 0;
        return Begin(*communicator, isIt ? $"init {rank} of {count}" : "init with another id, or blocking");
    }

    [UnmanagedCallersOnly]
    private static NcclResult CommFinalize(nint communicator) => Begin(communicator, $"finalize {Number(communicator)}");

    [UnmanagedCallersOnly]
    private static NcclResult AllReduce(void* input, void* output, nuint count, NcclDataType type, int sum, nint communicator, nint stream)
    {
        if (communicator >= MostRanks)
        {
            if (failing == "all-reduce") return Call(failing, $"{Number(communicator)}");
            var isRecorded = meeting.Enqueue(communicator, stream, new("AllReduce", (nint)input, (nint)output, (long)count, type));
            return Call(isRecorded ? "recorded all-reduce" : "all-reduce", $"{Number(communicator)}");
        }

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

        return Call("all-reduce", $"{communicator}: {Name(input)} to {Name(output)}");
    }

    [UnmanagedCallersOnly]
    private static NcclResult AllGather(void* input, void* output, nuint count, NcclDataType type, nint communicator, nint stream)
    {
        if (type != NcclDataType.I8) return Call("all-gather", $"of {type}, which is written for bytes alone");
        var isRecorded = meeting.Enqueue(communicator, stream, new("AllGather", (nint)input, (nint)output, (long)count, type));
        return Call(isRecorded ? "recorded all-gather" : "all-gather", $"{Number(communicator)}: {count} bytes");
    }

    [UnmanagedCallersOnly]
    private static NcclResult ReduceScatter(void* input, void* output, nuint count, NcclDataType type, int sum, nint communicator, nint stream)
    {
        var isRecorded = meeting.Enqueue(communicator, stream, new("ReduceScatter", (nint)input, (nint)output, (long)count, type));
        return Call(isRecorded ? "recorded reduce-scatter" : "reduce-scatter", $"{Number(communicator)}: {count} of {type}");
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
