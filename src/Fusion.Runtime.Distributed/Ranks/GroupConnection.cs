using Fusion.Runtime.Distributed.Control;

namespace Fusion.Runtime.Distributed.Ranks;

/// <summary>Connection of a process to the other ranks of its group, as long as the group lives.</summary>
internal sealed class GroupConnection : IDisposable
{
    private readonly Coordinator? coordinator;
    private int operations;

    private GroupConnection(Coordinator? coordinator, Member member) => (this.coordinator, Member) = (coordinator, member);

    /// <summary>This process among those of the group.</summary>
    public Member Member { get; }

    /// <summary>Meets the other ranks.</summary>
    /// <param name="rendezvous">Who meets where.</param>
    /// <param name="cancellationToken">Token that ends the wait.</param>
    /// <exception cref="RendezvousException">Ranks did not come in time, or something does not fit together.</exception>
    public static async Task<GroupConnection> JoinAsync(Rendezvous rendezvous, CancellationToken cancellationToken)
    {
        var coordinator = rendezvous.Rank == 0 ? new Coordinator(rendezvous) : null;
        try
        {
            return new(coordinator, await Member.JoinAsync(rendezvous, cancellationToken).ConfigureAwait(false));
        }
        catch
        {
            coordinator?.Dispose();
            throw;
        }
    }

    /// <summary>Makes the view that an operation has of all ranks.</summary>
    public IPeers NewPeers() => new PeersAcrossProcesses(Member, $"operation {Interlocked.Increment(ref operations)}");

    /// <summary>Takes leave of the others.</summary>
    public void Dispose()
    {
        Member.Dispose();
        coordinator?.Dispose();
    }
}
