using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fusion.Runtime.Distributed.Ranks;

/// <summary>Workspaces of an operation's ranks as the GPU of this process's rank sees them.</summary>
internal sealed class WorkspacesOfPeers : IDisposable
{
    private readonly GroupConnection connection;
    private readonly ExchangeRank own;
    private readonly ulong[] addresses;
    private readonly DeviceMemory?[] opened;

    /// <param name="connection">Connection to the other ranks.</param>
    /// <param name="own">The rank of this process.</param>
    public WorkspacesOfPeers(GroupConnection connection, ExchangeRank own)
    {
        (this.connection, this.own) = (connection, own);
        addresses = new ulong[connection.Member.Members.Count];
        opened = new DeviceMemory?[addresses.Length];
        addresses[own.Rank.Index] = own.Workspace.Address;
    }

    /// <summary>Gets the address of a rank's workspace.</summary>
    /// <param name="rank">Index of the rank.</param>
    public ulong AddressOf(int rank) => addresses[rank];

    /// <summary>Gives this rank's workspace to all others and opens theirs.</summary>
    /// <param name="gather">Tells all ranks a part and gets those of all.</param>
    /// <param name="finish">Waits until all ranks have opened all.</param>
    /// <exception cref="RendezvousException">A rank's memory cannot be opened.</exception>
    public void Open(Func<byte[], byte[][]> gather, Action finish)
    {
        // A rank alone, or ranks that do not reach each other's memory.
        if (own.Workspace.Shared is not { } shared)
        {
            gather([1]);
            finish();
            return;
        }

        if (own.Workspace.Sharing == MemorySharing.Ipc)
        {
            OpenAll(Offers(gather(Offer([]).ToBytes())), _ => null);
            finish();
            return;
        }

        using var descriptor = shared.ExportDescriptor();
        WorkspaceOffer[] offers = [];
        connection.Sharing!.Exchange(
            descriptor,
            token => [.. (offers = Offers(gather(Offer(token).ToBytes()))).Select(offer => offer.Token)],
            (rank, passed) => Open(rank, offers[rank], passed),
            finish);
    }

    /// <summary>Closes the workspaces of the other ranks. No kernel of this process uses them.</summary>
    public void Dispose()
    {
        for (var rank = 0; rank < opened.Length; rank++)
        {
            opened[rank]?.Dispose();
            opened[rank] = null;
        }
    }

    private WorkspaceOffer Offer(byte[] token) =>
        new(own.Workspace.Shared!.Export(), token, connection.Member.Members[own.Rank.Index].Place, own.Workspace.Address);

    private static WorkspaceOffer[] Offers(byte[][] parts) => [.. parts.Select(WorkspaceOffer.Parse)];

    private void OpenAll(WorkspaceOffer[] offers, Func<int, Microsoft.Win32.SafeHandles.SafeFileHandle?> descriptorOf)
    {
        for (var rank = 0; rank < offers.Length; rank++)
        {
            if (rank != own.Rank.Index && own.Near?.Contains(rank) != false) Open(rank, offers[rank], descriptorOf(rank));
        }
    }

    private void Open(int rank, WorkspaceOffer offer, Microsoft.Win32.SafeHandles.SafeFileHandle? descriptor)
    {
        var members = connection.Member.Members;
        // CUDA does not open an IPC handle in the process that made it, and need not.
        if (own.Workspace.Sharing == MemorySharing.Ipc && offer.Place == members[own.Rank.Index].Place && !GpuDriver.IsEmulated)
        {
            addresses[rank] = offer.Address;
            return;
        }

        try
        {
            opened[rank] = ImportedDeviceMemory.Open(own.Rank.Context!, offer.Export, descriptor);
            addresses[rank] = opened[rank]!.Address;
        }
        catch (Exception e) when (e is GpuException or ArgumentException)
        {
            throw RendezvousErrors.NoMemory(rank, members[rank], e);
        }
    }
}

/// <summary>A rank's workspace as it tells the others.</summary>
/// <param name="Export">What is needed to open it.</param>
/// <param name="Token">Token with which its descriptor is fetched; empty for an IPC handle.</param>
/// <param name="Place">Process and machine.</param>
/// <param name="Address">Its address in that process.</param>
internal sealed record WorkspaceOffer(MemoryExport Export, byte[] Token, string Place, ulong Address)
{
    /// <summary>Reads an offer.</summary>
    /// <param name="content">What came.</param>
    public static WorkspaceOffer Parse(byte[] content) => JsonSerializer.Deserialize(content, WorkspaceJson.Default.WorkspaceOffer)!;

    /// <summary>Writes the offer.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, WorkspaceJson.Default.WorkspaceOffer);
}

/// <summary>Reads and writes offers without reflection.</summary>
[JsonSerializable(typeof(WorkspaceOffer))]
internal sealed partial class WorkspaceJson : JsonSerializerContext;
