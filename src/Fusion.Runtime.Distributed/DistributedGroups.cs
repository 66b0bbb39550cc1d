using Fusion.Manifest;
using Fusion.Runtime.Distributed.Control;
using Fusion.Runtime.Distributed.Ranks;

namespace Fusion.Runtime.Distributed;

/// <summary>Makes groups whose ranks are in several processes.</summary>
public static class DistributedGroups
{
    extension(RankGroup)
    {
        /// <summary>Meets the other ranks of a group, each in a process of its own, and makes the group.</summary>
        /// <remarks>Everything that works with the ranks of one process works with this group: each process launches the calls of its own
        /// rank, and all make the same operations in the same order. When a rank's process ends, the calls of the others end with a
        /// <see cref="PeerGoneException"/>. GPUs that do not all reach each other's memory, as those of several machines, make a group of
        /// <see cref="GroupTopology.Machines"/>, for which NCCL exchanges.</remarks>
        /// <param name="rendezvous">Who this rank is and where the ranks meet.</param>
        /// <param name="cancellationToken">Token that ends the wait for the others.</param>
        /// <returns>A group of which this process has one rank, to be disposed.</returns>
        /// <exception cref="FusionArgumentException">The world size is not supported, or there is no such rank.</exception>
        /// <exception cref="RendezvousException">Ranks did not come in time, contradict each other, or the connection is not
        /// secure.</exception>
        /// <exception cref="PeerGoneException">A rank's process ended meanwhile.</exception>
        /// <exception cref="OperationCanceledException">The wait was canceled.</exception>
        public static async Task<RankGroup> JoinAsync(Rendezvous rendezvous, CancellationToken cancellationToken = default)
        {
            ArgumentNullException.ThrowIfNull(rendezvous);
            Check(rendezvous);
            var connection = await GroupConnection.JoinAsync(rendezvous, cancellationToken).ConfigureAwait(false);
            try
            {
                return await Task.Run(() => Placement.MakeGroup(rendezvous, connection), cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                connection.Leave(e.Message);
                throw;
            }
        }
    }

    private static void Check(Rendezvous rendezvous)
    {
        if (!AllReduceVocabulary.IsGroupSize(rendezvous.WorldSize)) throw GroupErrors.WorldSize(rendezvous.WorldSize);
        if (rendezvous.Rank < 0 || rendezvous.Rank >= rendezvous.WorldSize)
        {
            throw RendezvousErrors.Setting(
                nameof(rendezvous.Rank), $"The rank is {rendezvous.Rank}, but the group has {rendezvous.WorldSize} ranks.",
                $"Give each process another rank from 0 to {rendezvous.WorldSize - 1}.");
        }

        foreach (var (name, time) in new[] { (nameof(rendezvous.Timeout), rendezvous.Timeout), (nameof(rendezvous.Silence), rendezvous.Silence) })
        {
            if (time <= TimeSpan.Zero) throw RendezvousErrors.Setting(name, $"{name} is {time}.", "Give a time above zero.");
        }

        var endpoint = new Endpoint(rendezvous);
        endpoint.ThrowUnlessSafe();
        endpoint.ThrowUnlessReadable();
    }
}
