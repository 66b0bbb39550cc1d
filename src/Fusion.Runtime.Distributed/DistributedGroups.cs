namespace Fusion.Runtime.Distributed;

/// <summary>Makes groups whose ranks are in several processes.</summary>
public static class DistributedGroups
{
    extension(RankGroup)
    {
        /// <summary>Meets the other ranks of a group, each in a process of its own, and makes the group.</summary>
        /// <param name="rendezvous">Who this rank is and where the ranks meet.</param>
        /// <param name="cancellationToken">Token that ends the wait for the others.</param>
        /// <returns>A group of which this process has one rank, to be disposed.</returns>
        /// <exception cref="RendezvousException">Ranks did not come in time, contradict each other, or the connection is not secure.</exception>
        public static Task<RankGroup> JoinAsync(Rendezvous rendezvous, CancellationToken cancellationToken = default) =>
            throw new NotImplementedException();
    }
}
