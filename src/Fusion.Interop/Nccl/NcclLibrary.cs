using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Fusion.Interop.Nccl;

/// <summary>Functions of NCCL, NVIDIA's library of collective operations, that Fusion needs.</summary>
/// <remarks>The library stays loaded until the process ends. A communicator belongs to a GPU, whose context must be current,
/// and may be used by one thread at a time.</remarks>
public sealed unsafe partial class NcclLibrary
{
    private const int Sum = 0;

    private readonly delegate* unmanaged<nint*, int, int*, NcclResult> commInitAll;
    private readonly delegate* unmanaged<nint, NcclResult> commAbort;
    private readonly delegate* unmanaged<nint, NcclResult> commFinalize;
    private readonly delegate* unmanaged<nint, NcclResult> commDestroy;
    private readonly delegate* unmanaged<nint, NcclResult*, NcclResult> commGetAsyncError;
    private readonly delegate* unmanaged<void*, void*, nuint, NcclDataType, int, nint, nint, NcclResult> allReduce;
    private readonly delegate* unmanaged<void*, void*, nuint, NcclDataType, nint, nint, NcclResult> allGather;
    private readonly delegate* unmanaged<void*, void*, nuint, NcclDataType, int, nint, nint, NcclResult> reduceScatter;
    private readonly delegate* unmanaged<NcclResult> groupStart;
    private readonly delegate* unmanaged<NcclResult> groupEnd;
    private readonly delegate* unmanaged<NcclResult, byte*> getErrorString;

    private NcclLibrary(IExportTable exports)
    {
        commInitAll = (delegate* unmanaged<nint*, int, int*, NcclResult>)Export("ncclCommInitAll");
        commAbort = (delegate* unmanaged<nint, NcclResult>)Export("ncclCommAbort");
        // NCCL has it since 2.14.
        if (exports.TryGet("ncclCommFinalize", out var finalize))
            commFinalize = (delegate* unmanaged<nint, NcclResult>)finalize;
        commDestroy = (delegate* unmanaged<nint, NcclResult>)Export("ncclCommDestroy");
        commGetAsyncError = (delegate* unmanaged<nint, NcclResult*, NcclResult>)Export("ncclCommGetAsyncError");
        allReduce = (delegate* unmanaged<void*, void*, nuint, NcclDataType, int, nint, nint, NcclResult>)Export("ncclAllReduce");
        allGather = (delegate* unmanaged<void*, void*, nuint, NcclDataType, nint, nint, NcclResult>)Export("ncclAllGather");
        reduceScatter = (delegate* unmanaged<void*, void*, nuint, NcclDataType, int, nint, nint, NcclResult>)Export("ncclReduceScatter");
        symmetricMemory = SymmetricMemory.Of(exports);
        rankFunctions = RankFunctions.Of(exports);
        groupStart = (delegate* unmanaged<NcclResult>)Export("ncclGroupStart");
        groupEnd = (delegate* unmanaged<NcclResult>)Export("ncclGroupEnd");
        getErrorString = (delegate* unmanaged<NcclResult, byte*>)Export("ncclGetErrorString");
        var getVersion = (delegate* unmanaged<int*, NcclResult>)Export("ncclGetVersion");
        var code = 0;
        _ = getVersion(&code);
        // NCCL up to 2.8 has 1000 × major + 100 × minor + patch, later ones 10000 × major.
        Version = code < 10000 ? new(code / 1000, code % 1000 / 100, code % 100) : new(code / 10000, code % 10000 / 100, code % 100);

        nint Export(string name) => exports.Get(name);
    }

    /// <summary>Version of NCCL, such as 2.21.5.</summary>
    public Version Version { get; }

    /// <summary>Loads NCCL.</summary>
    /// <param name="path">Path of the library or of a folder that has it; null to let the loader find it by name.</param>
    /// <param name="library">The loaded library.</param>
    /// <param name="failure">Reasons if no library was found, a line for each place.</param>
    /// <returns>Whether a library with all functions was found.</returns>
    public static bool TryLoad(
        string? path, [NotNullWhen(true)] out NcclLibrary? library, [NotNullWhen(false)] out string? failure) =>
        ExportTables.TryLoad(Names(path), exports => new(exports), missing => $"it is no NCCL, or one older than 2.4 ({missing})", out library, out failure);

    /// <summary>Reads the functions from a table.</summary>
    /// <param name="exports">Table with NCCL's functions, by their names.</param>
    /// <exception cref="EntryPointNotFoundException">The table lacks a function that every NCCL has.</exception>
    public static NcclLibrary Of(IExportTable exports) => new(exports);

    /// <summary>Calls <c>ncclCommInitAll</c>, which makes a communicator for each of several GPUs of this process.</summary>
    /// <param name="communicators">Span that receives the communicators, one for each rank.</param>
    /// <param name="gpus">Ordinal of each rank's GPU, without duplicates.</param>
    public NcclResult Initialize(Span<nint> communicators, ReadOnlySpan<int> gpus)
    {
        fixed (nint* p = communicators)
        fixed (int* q = gpus)
        {
            return commInitAll(p, gpus.Length, q);
        }
    }

    /// <summary>Calls <c>ncclCommAbort</c>, which ends all work of a communicator, including waiting kernels, and frees
    /// it.</summary>
    /// <param name="communicator">The communicator.</param>
    public NcclResult Abort(nint communicator) => commAbort(communicator);

    /// <summary>Calls <c>ncclCommFinalize</c> and <c>ncclCommDestroy</c> for all communicators of a process, which wait for
    /// their work and free them.</summary>
    /// <param name="communicators">Communicators of all ranks.</param>
    /// <returns>The first result that is no success. All communicators are destroyed in any case.</returns>
    public NcclResult Destroy(ReadOnlySpan<nint> communicators)
    {
        var result = NcclResult.Success;
        if (commFinalize != null)
        {
            // Each call waits for the others, so one thread starts them as a group.
            KeepFirstFailure(ref result, groupStart());
            foreach (var communicator in communicators) KeepFirstFailure(ref result, commFinalize(communicator));
            KeepFirstFailure(ref result, groupEnd());
        }

        foreach (var communicator in communicators) KeepFirstFailure(ref result, commDestroy(communicator));
        return result;
    }

    /// <summary>Calls <c>ncclCommGetAsyncError</c> for an error since the last call.</summary>
    /// <param name="communicator">The communicator.</param>
    /// <param name="error">The error; <see cref="NcclResult.Success"/> if there is none.</param>
    public NcclResult GetAsyncError(nint communicator, out NcclResult error)
    {
        fixed (NcclResult* p = &error) return commGetAsyncError(communicator, p);
    }

    /// <summary>Calls <c>ncclAllReduce</c> with <c>ncclSum</c>.</summary>
    /// <param name="input">Address of the tensor that is summed.</param>
    /// <param name="output">Address at which the sum is written; it may be the input.</param>
    /// <param name="count">Number of elements.</param>
    /// <param name="type">Type of the elements.</param>
    /// <param name="communicator">Communicator of the rank.</param>
    /// <param name="stream">Stream of the rank.</param>
    public NcclResult AllReduce(ulong input, ulong output, long count, NcclDataType type, nint communicator, nint stream) =>
        allReduce((void*)input, (void*)output, (nuint)count, type, Sum, communicator, stream);

    /// <summary>Calls <c>ncclAllGather</c>, which puts the ranks' elements one behind the other, on every rank.</summary>
    /// <param name="input">Address of the rank's elements; in place they are where the output has them.</param>
    /// <param name="output">Address at which the elements of all ranks are written, world size · <paramref name="count"/> of them.</param>
    /// <param name="count">Number of elements of each rank.</param>
    /// <param name="type">Type of the elements.</param>
    /// <param name="communicator">Communicator of the rank.</param>
    /// <param name="stream">Stream of the rank.</param>
    public NcclResult AllGather(ulong input, ulong output, long count, NcclDataType type, nint communicator, nint stream) =>
        allGather((void*)input, (void*)output, (nuint)count, type, communicator, stream);

    /// <summary>Calls <c>ncclReduceScatter</c> with <c>ncclSum</c>: rank r gets the r-th part of the sum.</summary>
    /// <param name="input">Address of the elements that are summed, world size · <paramref name="count"/> of them.</param>
    /// <param name="output">Address at which the rank's part of the sum is written.</param>
    /// <param name="count">Number of elements of a part.</param>
    /// <param name="type">Type of the elements.</param>
    /// <param name="communicator">Communicator of the rank.</param>
    /// <param name="stream">Stream of the rank.</param>
    public NcclResult ReduceScatter(ulong input, ulong output, long count, NcclDataType type, nint communicator, nint stream) =>
        reduceScatter((void*)input, (void*)output, (nuint)count, type, Sum, communicator, stream);

    /// <summary>Calls <c>ncclGroupStart</c>: later calls are started together, by <see cref="GroupEnd"/>.</summary>
    public NcclResult GroupStart() => groupStart();

    /// <summary>Calls <c>ncclGroupEnd</c>.</summary>
    public NcclResult GroupEnd() => groupEnd();

    /// <summary>Gets NCCL's description of a result.</summary>
    /// <param name="result">Any result.</param>
    public string TextOf(NcclResult result) => Marshal.PtrToStringUTF8((nint)getErrorString(result)) ?? result.ToString();

    private static IEnumerable<string> Names(string? path)
    {
        if (path is null) return LibraryNames.Nccl;
        return Directory.Exists(path) ? LibraryNames.Nccl.Select(name => Path.Combine(path, name)) : [path];
    }
}
