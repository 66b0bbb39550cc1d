using System.Runtime.InteropServices;

namespace Fusion.Interop.Nccl;

/// <content>Communicators of ranks that are in processes of their own. They do not block: what takes long returns
/// <see cref="NcclResult.InProgress"/>, and <see cref="GetAsyncError"/> says when it is done.</content>
public sealed unsafe partial class NcclLibrary
{
    /// <summary>Size of a unique id in bytes.</summary>
    public const int UniqueIdBytes = 128;

    private readonly RankFunctions? rankFunctions;

    /// <summary>Whether the library makes communicators that do not block: NCCL from 2.14 on.</summary>
    public bool HasRanksOfProcesses => rankFunctions is not null;

    private RankFunctions Ranks => rankFunctions
        ?? throw new NotSupportedException($"NCCL {Version} has no ncclCommInitRankConfig, which came with NCCL 2.14.");

    /// <summary>Calls <c>ncclGetUniqueId</c>, which makes the id by which ranks find each other. The process must live as long as they
    /// connect.</summary>
    /// <param name="id">Span that receives the id.</param>
    /// <exception cref="ArgumentException">The span has another size.</exception>
    /// <exception cref="NotSupportedException">The library is too old.</exception>
    public NcclResult GetUniqueId(Span<byte> id)
    {
        ThrowUnlessId(id.Length);
        fixed (byte* p = id) return Ranks.GetUniqueId((UniqueId*)p);
    }

    /// <summary>Calls <c>ncclCommInitRankConfig</c>, which begins to connect a rank on the GPU of the current context, without blocking.</summary>
    /// <param name="ranks">World size.</param>
    /// <param name="id">The id, of <see cref="GetUniqueId"/>, the same for all ranks.</param>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="communicator">The communicator, to be given to <see cref="Abort"/> or <see cref="DestroyRank"/> in any case; 0 if there is
    /// none.</param>
    /// <exception cref="ArgumentException">The id has another size.</exception>
    /// <exception cref="NotSupportedException">The library is too old.</exception>
    public NcclResult InitializeRank(int ranks, ReadOnlySpan<byte> id, int rank, out nint communicator)
    {
        ThrowUnlessId(id.Length);
        var config = Config.NotBlocking;
        nint made = 0;
        var result = Ranks.Initialize(&made, ranks, MemoryMarshal.Read<UniqueId>(id), rank, &config);
        communicator = made;
        return result;
    }

    /// <summary>Calls <c>ncclCommFinalize</c>, which begins to end a rank's work.</summary>
    /// <param name="communicator">The communicator.</param>
    /// <exception cref="NotSupportedException">The library is too old.</exception>
    public NcclResult FinalizeRank(nint communicator) => Ranks.Finalize(communicator);

    /// <summary>Calls <c>ncclCommDestroy</c> for a rank whose work <see cref="FinalizeRank"/> has ended.</summary>
    /// <param name="communicator">The communicator.</param>
    public NcclResult DestroyRank(nint communicator) => commDestroy(communicator);

    private static void ThrowUnlessId(int length)
    {
        if (length != UniqueIdBytes) throw new ArgumentException($"A unique id has {UniqueIdBytes} bytes, not {length}.");
    }

    [StructLayout(LayoutKind.Sequential, Size = UniqueIdBytes)]
    private struct UniqueId;

    // The first fields of ncclConfig_t as NCCL 2.14 has them; later versions take the others' defaults by the version that it names.
    [StructLayout(LayoutKind.Sequential)]
    private struct Config
    {
        private nuint size;
        private uint magic;
        private uint version;
        private int blocking;

        public static Config NotBlocking => new() { size = (nuint)sizeof(Config), magic = 0xCAFEBEEF, version = 21400, blocking = 0 };
    }

    private sealed class RankFunctions
    {
        public required delegate* unmanaged<UniqueId*, NcclResult> GetUniqueId { get; init; }

        public required delegate* unmanaged<nint*, int, UniqueId, int, Config*, NcclResult> Initialize { get; init; }

        public required delegate* unmanaged<nint, NcclResult> Finalize { get; init; }

        public static RankFunctions? Of(IExportTable exports) =>
            exports.TryGet("ncclGetUniqueId", out var id) && exports.TryGet("ncclCommInitRankConfig", out var initialize) &&
            exports.TryGet("ncclCommFinalize", out var finalize)
                ? new()
                {
                    GetUniqueId = (delegate* unmanaged<UniqueId*, NcclResult>)id,
                    Initialize = (delegate* unmanaged<nint*, int, UniqueId, int, Config*, NcclResult>)initialize,
                    Finalize = (delegate* unmanaged<nint, NcclResult>)finalize,
                }
                : null;
    }
}
