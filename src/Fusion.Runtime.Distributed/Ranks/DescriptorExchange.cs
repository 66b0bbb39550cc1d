using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Fusion.Runtime.Distributed.Control;
using Fusion.Runtime.Distributed.Memory;
using Microsoft.Win32.SafeHandles;

namespace Fusion.Runtime.Distributed.Ranks;

/// <summary>Way on which the processes of a group give each other memory, by descriptors that pass through a socket of each process.</summary>
internal sealed class DescriptorExchange : IDisposable
{
    private const int ProbeBytes = 4096;

    private readonly Member member;
    private readonly DescriptorServer server;
    private readonly string[] servers;
    private readonly int[] near;

    private DescriptorExchange(Member member, DescriptorServer server, string[] servers, int[] near) =>
        (this.member, this.server, this.servers, this.near) = (member, server, servers, near);

    /// <summary>Finds out whether all processes reach each other's memory, by trying it.</summary>
    /// <param name="member">This process among those of the group.</param>
    /// <param name="isWanted">Whether this process may share memory.</param>
    /// <param name="near">Ranks of this process's machine, where only those of a machine reach each other; null for all.</param>
    /// <param name="name">Name of the steps, used once.</param>
    /// <returns>The way; null if there is none.</returns>
    /// <exception cref="PeerGoneException">A rank is gone.</exception>
    public static unsafe DescriptorExchange? TryMake(Member member, bool isWanted, int[]? near = null, string name = "memory")
    {
        near ??= [.. Enumerable.Range(0, member.Members.Count)];
        DescriptorServer? server = null;
        SharedHostMemory? probe = null;
        var isShared = false;
        try
        {
            var problem = isWanted ? "" : "it was told to share none";
            try
            {
                if (isWanted)
                {
                    server = new();
                    probe = SharedHostMemory.Create(ProbeBytes);
                    RandomNumberGenerator.Fill(new Span<byte>(probe.Pointer, ProbeBytes));
                }
            }
            catch (Exception e) when (IsRefusal(e))
            {
                problem = e.Message;
            }

            var offer = new MemoryOffer(
                server?.Name, probe is null ? null : server!.Offer(probe.Descriptor), probe is null ? null : SHA256.HashData(new ReadOnlySpan<byte>(probe.Pointer, ProbeBytes)), problem);
            var offers = member.Gather($"{name}: offers", offer.ToBytes()).Select(MemoryOffer.Parse).ToArray();
            foreach (var rank in near)
            {
                if (problem.Length == 0) problem = Try(rank, offers[rank], member.Timeout);
            }

            var problems = member.Gather($"{name}: tried", JsonSerializer.SerializeToUtf8Bytes(problem, SharingJson.Default.String))
                .Select(part => JsonSerializer.Deserialize(part, SharingJson.Default.String)!).ToArray();
            isShared = Array.TrueForAll(problems, one => one.Length == 0);
            FusionEventSource.Log.RanksMet(isShared
                ? $"{problems.Length} ranks have met, and share memory." : $"{problems.Length} ranks have met. They share no memory, since rank {Array.FindIndex(problems, one => one.Length > 0)} says: {problems.First(one => one.Length > 0)}");
            return isShared ? new(member, server!, [.. offers.Select(one => one.Server!)], near) : null;
        }
        finally
        {
            probe?.Dispose();
            if (!isShared) server?.Dispose();
        }
    }

    /// <summary>Gives this rank's memory to all other processes and opens theirs.</summary>
    /// <param name="own">Descriptor of this rank's memory.</param>
    /// <param name="gather">Tells all ranks a token and gets those of all.</param>
    /// <param name="open">Opens the memory of a rank by its descriptor.</param>
    /// <param name="finish">Waits until all ranks have opened all.</param>
    /// <exception cref="RendezvousException">A rank's memory cannot be opened.</exception>
    public void Exchange(SafeFileHandle own, Func<byte[], byte[][]> gather, Action<int, SafeFileHandle> open, Action finish)
    {
        var token = server.Offer(own);
        try
        {
            var tokens = gather(token);
            foreach (var rank in near)
            {
                if (rank == member.Rank) continue;
                using var descriptor = Fetch(rank, tokens[rank]);
                open(rank, descriptor);
            }

            finish();
        }
        finally
        {
            server.Withdraw(token);
        }
    }

    /// <summary>Offers a descriptor to the others.</summary>
    /// <param name="descriptor">The descriptor.</param>
    /// <returns>Token with which they get it.</returns>
    public byte[] Offer(SafeFileHandle descriptor) => server.Offer(descriptor);

    /// <summary>Ends an offer.</summary>
    /// <param name="token">Its token; one that is none is ignored.</param>
    public void Withdraw(byte[] token) => server.Withdraw(token);

    /// <summary>Gets a descriptor that a rank offers.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="token">Token of the offer.</param>
    /// <exception cref="RendezvousException">It cannot be had.</exception>
    /// <exception cref="PeerGoneException">A rank is gone.</exception>
    public SafeFileHandle Fetch(int rank, byte[] token)
    {
        try
        {
            return DescriptorClient.Fetch(servers[rank], token, member.Timeout);
        }
        catch (Exception e) when (IsRefusal(e))
        {
            if (member.Gone is { } gone) throw gone.CopyForThread();
            throw RendezvousErrors.NoMemory(rank, member.Members[rank], e);
        }
    }

    /// <summary>Ends what this process offers. Memory that others have opened stays until they close it.</summary>
    public void Dispose() => server.Dispose();

    private static unsafe string Try(int rank, MemoryOffer offer, TimeSpan timeout)
    {
        // Another rank's problem is that rank's to tell.
        if (offer.Token is not { Length: > 0 }) return "";
        try
        {
            using var descriptor = DescriptorClient.Fetch(offer.Server!, offer.Token, timeout);
            using var probe = SharedHostMemory.Open(descriptor, ProbeBytes);
            return SHA256.HashData(new ReadOnlySpan<byte>(probe.Pointer, ProbeBytes)).AsSpan().SequenceEqual(offer.Hash)
                ? "" : $"the memory of rank {rank} has another content here.";
        }
        catch (Exception e) when (IsRefusal(e))
        {
            return $"it does not reach the memory of rank {rank}: {e.Message}";
        }
    }

    private static bool IsRefusal(Exception e) =>
        e is IOException or TimeoutException or UnauthorizedAccessException or PlatformNotSupportedException or System.Net.Sockets.SocketException;
}

/// <summary>What a process offers the others for a try.</summary>
/// <param name="Server">Name of its socket; null for none.</param>
/// <param name="Token">Token of a piece of memory; null for none.</param>
/// <param name="Hash">SHA-256 of what is in the memory.</param>
/// <param name="Problem">Why it offers none.</param>
internal sealed record MemoryOffer(string? Server, byte[]? Token, byte[]? Hash, string Problem)
{
    /// <summary>Reads an offer.</summary>
    /// <param name="content">What came.</param>
    public static MemoryOffer Parse(byte[] content) => JsonSerializer.Deserialize(content, SharingJson.Default.MemoryOffer)!;

    /// <summary>Writes the offer.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, SharingJson.Default.MemoryOffer);
}

/// <summary>Reads and writes offers without reflection.</summary>
[JsonSerializable(typeof(MemoryOffer))]
[JsonSerializable(typeof(string))]
internal sealed partial class SharingJson : JsonSerializerContext;
