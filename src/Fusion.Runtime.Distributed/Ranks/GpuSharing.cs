using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Win32.SafeHandles;

namespace Fusion.Runtime.Distributed.Ranks;

/// <summary>Finds the way in which the processes of a group map memory of each other's GPUs, by trying each.</summary>
internal static class GpuSharing
{
    private const int ProbeBytes = 4096;

    /// <summary>Finds the way. CUDA IPC comes first, since it needs no descriptors.</summary>
    /// <param name="connection">Connection to the other ranks.</param>
    /// <param name="context">Context of this rank's GPU.</param>
    /// <param name="near">Ranks of this process's machine, where only those of a machine share memory; null for all.</param>
    /// <exception cref="RendezvousException">There is none.</exception>
    /// <exception cref="PeerGoneException">A rank is gone.</exception>
    public static MemorySharing Find(GroupConnection connection, GpuContext context, int[]? near = null)
    {
        var name = near is null ? "memory of GPUs" : $"{connection.NewName()}: memory of GPUs";
        var problems = new List<string>();
        foreach (var sharing in new[] { MemorySharing.Ipc, MemorySharing.Descriptor })
        {
            if (Try(connection, context, sharing, near, name) is not { } problem)
            {
                FusionEventSource.Log.RanksMet(
                    $"Memory of GPUs is shared by {(sharing == MemorySharing.Ipc ? "CUDA IPC" : "file descriptors")}. {string.Join(" ", problems)}".TrimEnd());
                return sharing;
            }

            problems.Add(problem);
        }

        throw RendezvousErrors.NoGpuMemory(problems);
    }

    // Null: all reach all.
    private static string? Try(GroupConnection connection, GpuContext context, MemorySharing sharing, int[]? near, string name)
    {
        var member = connection.Member;
        var own = member.Rank;
        SharedDeviceMemory? probe = null;
        var opened = new List<DeviceMemory>();
        SafeFileHandle? descriptor = null;
        byte[] token = [];
        try
        {
            var problem = Obstacle(connection, context, sharing) ?? "";
            Attempt(() =>
            {
                probe = SharedDeviceMemory.Allocate(context, ProbeBytes, sharing);
                Fill(probe.Memory, own);
            });
            // All ranks take the same steps, whatever happened on one of them.
            var offer = new ProbeOffer(null, [], member.Members[own].Place, 0, problem);
            if (sharing == MemorySharing.Descriptor) Attempt(() => descriptor = probe!.ExportDescriptor());
            token = descriptor is null ? [] : connection.Sharing!.Offer(descriptor);
            Attempt(() => offer = offer with { Export = probe!.Export(), Token = token, Address = probe.Memory.Address });
            offer = offer with { Problem = problem };
            var offers = member.Gather($"{name}, {sharing}: offers", offer.ToBytes()).Select(ProbeOffer.Parse).ToArray();
            for (var rank = 0; rank < offers.Length; rank++)
            {
                var (index, one) = (rank, offers[rank]);
                // CUDA does not open an IPC handle in the process that made it, and need not.
                var isReached = sharing == MemorySharing.Ipc && one.Place == offer.Place && !GpuDriver.IsEmulated;
                if (one.Problem.Length > 0 || index == own || isReached || near?.Contains(index) == false) continue;
                Attempt(() =>
                {
                    var passed = sharing == MemorySharing.Descriptor ? connection.Sharing!.Fetch(index, one.Token) : null;
                    var memory = ImportedDeviceMemory.Open(context, one.Export!, passed);
                    opened.Add(memory);
                    if (!Has(context, memory, index)) problem = $"what rank {index} wrote does not arrive.";
                });
            }

            var found = member.Gather($"{name}, {sharing}: tried", JsonSerializer.SerializeToUtf8Bytes(problem, SharingJson.Default.String))
                .Select(part => JsonSerializer.Deserialize(part, SharingJson.Default.String)!).ToArray();
            opened.ForEach(memory => memory.Dispose());
            opened.Clear();
            // Nobody frees what another one has open.
            member.Gather($"{name}, {sharing}: closed", [1]);
            return Array.FindIndex(found, one => one.Length > 0) is var first and >= 0
                ? $"{sharing}: rank {first} says: {found[first].TrimEnd('.')}." : null;

            void Attempt(Action action)
            {
                if (problem.Length > 0) return;
                try
                {
                    action();
                }
                catch (Exception e) when (e is GpuException or IOException or TimeoutException or ArgumentException or RendezvousException)
                {
                    problem = e.Message;
                }
            }
        }
        finally
        {
            connection.Sharing?.Withdraw(token);
            descriptor?.Dispose();
            opened.ForEach(memory => memory.Dispose());
            probe?.Dispose();
        }
    }

    private static string? Obstacle(GroupConnection connection, GpuContext context, MemorySharing sharing) =>
        SharingSupport.FindObstacle(context.Device, sharing)
        ?? (sharing == MemorySharing.Descriptor && connection.Sharing is null ? "the processes cannot pass descriptors" : null);

    private static byte ContentOf(int rank) => (byte)(0x51 + rank);

    private static void Fill(DeviceMemory memory, int rank)
    {
        var context = memory.Context!;
        context.MakeCurrent();
        GpuDriver.Check(GpuDriver.Library.Memory.Fill(memory.Address, ContentOf(rank), ProbeBytes, context.Copies.Handle), "cuMemsetD8Async");
        context.Copies.Synchronize();
    }

    private static unsafe bool Has(GpuContext context, DeviceMemory memory, int rank)
    {
        var bytes = new byte[ProbeBytes];
        context.MakeCurrent();
        fixed (byte* to = bytes)
        {
            GpuDriver.Check(GpuDriver.Library.Memory.CopyToHost(to, memory.Address, ProbeBytes, context.Copies.Handle), "cuMemcpyDtoHAsync");
            context.Copies.Synchronize();
        }

        return Array.TrueForAll(bytes, one => one == ContentOf(rank));
    }
}

/// <summary>Memory of a GPU that a rank offers the others for a try.</summary>
/// <param name="Export">What is needed to open it; null if there is a problem.</param>
/// <param name="Token">Token with which its descriptor is fetched; empty for none.</param>
/// <param name="Place">Process and machine.</param>
/// <param name="Address">Its address in that process.</param>
/// <param name="Problem">Why there is none; empty if there is.</param>
internal sealed record ProbeOffer(MemoryExport? Export, byte[] Token, string Place, ulong Address, string Problem)
{
    /// <summary>Reads an offer.</summary>
    /// <param name="content">What came.</param>
    public static ProbeOffer Parse(byte[] content) => JsonSerializer.Deserialize(content, ProbeJson.Default.ProbeOffer)!;

    /// <summary>Writes the offer.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, ProbeJson.Default.ProbeOffer);
}

/// <summary>Reads and writes offers without reflection.</summary>
[JsonSerializable(typeof(ProbeOffer))]
internal sealed partial class ProbeJson : JsonSerializerContext;
