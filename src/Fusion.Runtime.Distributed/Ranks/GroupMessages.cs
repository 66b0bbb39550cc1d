namespace Fusion.Runtime.Distributed.Ranks;

/// <summary>Small messages between the processes of a group, beside its calls: they pass through rank 0 in a fraction of a millisecond, and are
/// meant for figures, decisions and barriers of hosts, not for tensors.</summary>
/// <remarks>All processes call the members in the same order, from one thread at a time.</remarks>
internal sealed class GroupMessages
{
    /// <summary>Largest size of a rank's part in bytes.</summary>
    public const int LargestPart = 64 * 1024;

    private readonly GroupConnection connection;

    private GroupMessages(GroupConnection connection) => this.connection = connection;

    /// <summary>Gets the messages of a group.</summary>
    /// <param name="group">The group.</param>
    /// <returns>The messages; null if all ranks are in this process.</returns>
    public static GroupMessages? Of(RankGroup group) => group.Connection is GroupConnection connection ? new(connection) : null;

    /// <summary>Gives this rank's part and waits for those of all others.</summary>
    /// <param name="part">This rank's part, which may be empty.</param>
    /// <param name="timeout">Longest time to wait; null for that of the rendezvous. The end of a process is heard at once.</param>
    /// <returns>Parts of all ranks, in their order.</returns>
    /// <exception cref="ArgumentException">The part is too large.</exception>
    /// <exception cref="PeerGoneException">A rank is gone.</exception>
    /// <exception cref="RendezvousException">Not all ranks came in time.</exception>
    public byte[][] Gather(byte[] part, TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(part);
        if (part.Length > LargestPart)
            throw new ArgumentException($"The part has {part.Length} bytes; a message has {LargestPart} at most.", nameof(part));
        return connection.Member.Gather($"message {connection.NextMessage()}", part, timeout);
    }

    /// <summary>Waits until all ranks have called this.</summary>
    /// <param name="timeout">Longest time to wait; null for that of the rendezvous.</param>
    /// <exception cref="PeerGoneException">A rank is gone.</exception>
    /// <exception cref="RendezvousException">Not all ranks came in time.</exception>
    public void Barrier(TimeSpan? timeout = null) => Gather([], timeout);
}
