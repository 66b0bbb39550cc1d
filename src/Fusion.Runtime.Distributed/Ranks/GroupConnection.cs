using Fusion.Runtime.Distributed.Control;

namespace Fusion.Runtime.Distributed.Ranks;

/// <summary>Connection of a process to the other ranks of its group, as long as the group lives.</summary>
internal sealed class GroupConnection : IGroupConnection
{
    private readonly Coordinator? coordinator;
    private int operations;
    private int messages;
    private int names;

    private GroupConnection(Coordinator? coordinator, Member member) => (this.coordinator, Member) = (coordinator, member);

    /// <summary>Way on which the processes share memory; null where they do not all reach each other's memory, unless those of a machine do
    /// (<see cref="ShareWithin"/>).</summary>
    public DescriptorExchange? Sharing { get; private set; }

    /// <summary>This process among those of the group.</summary>
    public Member Member { get; }

    /// <summary>Meets the other ranks.</summary>
    /// <param name="rendezvous">Who meets where.</param>
    /// <param name="cancellationToken">Token that ends the wait.</param>
    /// <exception cref="RendezvousException">Ranks did not come in time, or something does not fit together.</exception>
    public static async Task<GroupConnection> JoinAsync(Rendezvous rendezvous, CancellationToken cancellationToken)
    {
        var coordinator = rendezvous.Rank == 0 ? new Coordinator(rendezvous) : null;
        GroupConnection? made = null;
        try
        {
            made = new(coordinator, await Meeting.JoinAsync(rendezvous, coordinator, cancellationToken).ConfigureAwait(false));
            // Waits for the others, which a caller's thread need not.
            made.Sharing = await Task.Run(() => DescriptorExchange.TryMake(made.Member, rendezvous.SharesMemory), cancellationToken).ConfigureAwait(false);
            return made;
        }
        catch (Exception e)
        {
            made?.Leave(e.Message);
            coordinator?.Leave(e.Message);
            throw;
        }
    }

    /// <summary>Makes a way on which the processes of each machine share memory, if there is none yet. All processes call this at the same
    /// step.</summary>
    /// <param name="near">Ranks of this process's machine.</param>
    /// <param name="isWanted">Whether this process may share memory.</param>
    /// <exception cref="PeerGoneException">A rank is gone.</exception>
    public void ShareWithin(int[] near, bool isWanted) => Sharing ??= DescriptorExchange.TryMake(Member, isWanted, near, $"{NewName()}: memory");

    /// <inheritdoc/>
    public TimeSpan Timeout => Member.Timeout;

    /// <inheritdoc/>
    public PeerGoneException? Gone => Member.Gone;

    /// <inheritdoc/>
    public string NewName() => $"connection {Interlocked.Increment(ref names)}";

    /// <inheritdoc/>
    public byte[][] Gather(string step, byte[] part) => Member.Gather(step, part);

    /// <inheritdoc/>
    public void Meet(string step, TimeSpan timeout)
    {
        try
        {
            Member.TryGather(step, [], timeout);
        }
        catch (Exception e) when (e is PeerGoneException or ObjectDisposedException)
        {
            // There is nobody to wait for any more.
        }
    }

    /// <inheritdoc/>
    public void AddTick(Action tick) => Member.AddTick(tick);

    /// <inheritdoc/>
    public void RemoveTick(Action tick) => Member.RemoveTick(tick);

    /// <summary>Makes the view that an operation has of all ranks.</summary>
    public IPeers NewPeers() => new PeersAcrossProcesses(this, $"operation {Interlocked.Increment(ref operations)}");

    /// <summary>Numbers the next one of <see cref="GroupMessages"/>.</summary>
    public int NextMessage() => Interlocked.Increment(ref messages);

    /// <summary>Takes leave of the others.</summary>
    public void Dispose() => Leave(null);

    /// <summary>Takes leave of the others.</summary>
    /// <param name="problem">Why this rank cannot make its part of the group; null if it did.</param>
    public void Leave(string? problem)
    {
        Sharing?.Dispose();
        Member.Leave(problem);
        coordinator?.Leave(problem);
    }
}
