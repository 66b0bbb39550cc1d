using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Fusion.Interop.Nccl;

/// <summary>NCCL, NVIDIA's library of collective operations: what an all-reduce needs of it.</summary>
/// <remarks>The library stays loaded until the process ends. A communicator belongs to a GPU, whose context must be current;
/// one thread at a time may use it.</remarks>
public sealed unsafe class NcclLibrary
{
    private const int Sum = 0;

    private readonly delegate* unmanaged<nint*, int, int*, NcclResult> commInitAll;
    private readonly delegate* unmanaged<nint, NcclResult> commAbort;
    private readonly delegate* unmanaged<nint, NcclResult> commFinalize;
    private readonly delegate* unmanaged<nint, NcclResult> commDestroy;
    private readonly delegate* unmanaged<nint, NcclResult*, NcclResult> commGetAsyncError;
    private readonly delegate* unmanaged<void*, void*, nuint, NcclDataType, int, nint, nint, NcclResult> allReduce;
    private readonly delegate* unmanaged<NcclResult> groupStart;
    private readonly delegate* unmanaged<NcclResult> groupEnd;
    private readonly delegate* unmanaged<NcclResult, byte*> getErrorString;

    private NcclLibrary(IExportTable exports)
    {
        commInitAll = (delegate* unmanaged<nint*, int, int*, NcclResult>)Export("ncclCommInitAll");
        commAbort = (delegate* unmanaged<nint, NcclResult>)Export("ncclCommAbort");
        // Since 2.14.
        if (exports.TryGet("ncclCommFinalize", out var finalize))
            commFinalize = (delegate* unmanaged<nint, NcclResult>)finalize;
        commDestroy = (delegate* unmanaged<nint, NcclResult>)Export("ncclCommDestroy");
        commGetAsyncError = (delegate* unmanaged<nint, NcclResult*, NcclResult>)Export("ncclCommGetAsyncError");
        allReduce = (delegate* unmanaged<void*, void*, nuint, NcclDataType, int, nint, nint, NcclResult>)Export("ncclAllReduce");
        groupStart = (delegate* unmanaged<NcclResult>)Export("ncclGroupStart");
        groupEnd = (delegate* unmanaged<NcclResult>)Export("ncclGroupEnd");
        getErrorString = (delegate* unmanaged<NcclResult, byte*>)Export("ncclGetErrorString");
        var getVersion = (delegate* unmanaged<int*, NcclResult>)Export("ncclGetVersion");
        var code = 0;
        _ = getVersion(&code);
        // 2.8 and older: 1000, 100, 1; since then 10000, 100, 1.
        Version = code < 10000 ? new(code / 1000, code % 1000 / 100, code % 100) : new(code / 10000, code % 10000 / 100, code % 100);

        nint Export(string name) => exports.Get(name);
    }

    /// <summary>NCCL's version: 2.21.5.</summary>
    public Version Version { get; }

    /// <summary>Loads NCCL.</summary>
    /// <param name="path">The library, or a folder that has it; null to let the loader look for one.</param>
    /// <param name="library">NCCL.</param>
    /// <param name="failure">Why there is none, a line for each place.</param>
    /// <returns>Whether there is one with all the functions.</returns>
    public static bool TryLoad(
        string? path, [NotNullWhen(true)] out NcclLibrary? library, [NotNullWhen(false)] out string? failure)
    {
        var reasons = new List<string>();
        foreach (var name in Names(path))
        {
            try
            {
                library = new(new LibraryExports(NativeLibrary.Load(name)));
                failure = null;
                return true;
            }
            catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
            {
                reasons.Add($"{name}: it could not be loaded");
            }
            catch (EntryPointNotFoundException e)
            {
                reasons.Add($"{name}: it is no NCCL, or one older than 2.4 ({e.Message})");
            }
        }

        library = null;
        failure = string.Join(Environment.NewLine, reasons);
        return false;
    }

    /// <summary><c>ncclCommInitAll</c>: a communicator for each of several GPUs of this process.</summary>
    /// <param name="communicators">Where they go.</param>
    /// <param name="gpus">Number of each rank's GPU, none twice.</param>
    public NcclResult Initialize(Span<nint> communicators, ReadOnlySpan<int> gpus)
    {
        fixed (nint* p = communicators)
        fixed (int* q = gpus)
        {
            return commInitAll(p, gpus.Length, q);
        }
    }

    /// <summary><c>ncclCommAbort</c>: ends what a communicator still does, waiting kernels among it, and frees it.</summary>
    /// <param name="communicator">The communicator.</param>
    public NcclResult Abort(nint communicator) => commAbort(communicator);

    /// <summary><c>ncclCommFinalize</c> and <c>ncclCommDestroy</c> of all communicators of a process: waits for what they
    /// still do and frees them.</summary>
    /// <param name="communicators">The communicators of all ranks.</param>
    /// <returns>The first result that is no success. All are destroyed all the same.</returns>
    public NcclResult Destroy(ReadOnlySpan<nint> communicators)
    {
        var result = NcclResult.Success;
        if (commFinalize != null)
        {
            // Each waits for the others, so one thread starts them together.
            Note(groupStart());
            foreach (var communicator in communicators) Note(commFinalize(communicator));
            Note(groupEnd());
        }

        foreach (var communicator in communicators) Note(commDestroy(communicator));
        return result;

        void Note(NcclResult one) => result = result == NcclResult.Success ? one : result;
    }

    /// <summary><c>ncclCommGetAsyncError</c>: what went wrong since.</summary>
    /// <param name="communicator">The communicator.</param>
    /// <param name="error"><see cref="NcclResult.Success"/> if nothing did.</param>
    public NcclResult GetAsyncError(nint communicator, out NcclResult error)
    {
        fixed (NcclResult* p = &error) return commGetAsyncError(communicator, p);
    }

    /// <summary><c>ncclAllReduce</c> with <c>ncclSum</c>.</summary>
    /// <param name="input">Address of what is summed.</param>
    /// <param name="output">Where the sum goes; it may be the input.</param>
    /// <param name="count">Elements.</param>
    /// <param name="type">Their type.</param>
    /// <param name="communicator">The rank's communicator.</param>
    /// <param name="stream">Its stream.</param>
    public NcclResult AllReduce(ulong input, ulong output, long count, NcclDataType type, nint communicator, nint stream) =>
        allReduce((void*)input, (void*)output, (nuint)count, type, Sum, communicator, stream);

    /// <summary><c>ncclGroupStart</c>: what follows is started together, by <see cref="GroupEnd"/>.</summary>
    public NcclResult GroupStart() => groupStart();

    /// <summary><c>ncclGroupEnd</c>.</summary>
    public NcclResult GroupEnd() => groupEnd();

    /// <summary>What a result means, in NCCL's words.</summary>
    /// <param name="result">Any result.</param>
    public string TextOf(NcclResult result) => Marshal.PtrToStringUTF8((nint)getErrorString(result)) ?? result.ToString();

    private static IEnumerable<string> Names(string? path)
    {
        if (path is null) return LibraryNames.Nccl;
        return Directory.Exists(path) ? LibraryNames.Nccl.Select(name => Path.Combine(path, name)) : [path];
    }
}
