namespace Fusion.Runtime;

/// <summary>Machines of a group whose ranks do not all reach each other's memory, as this process's rank sees them. All ranks of a machine
/// reach each other's memory, as far as they were told to share it.</summary>
internal sealed class GroupMachines
{
    private readonly int own;
    private readonly Func<int[], MemorySharing> share;
    private MemorySharing? sharing;

    /// <param name="machines">Ranks of each machine, in order.</param>
    /// <param name="own">Index of this process's rank.</param>
    /// <param name="share">Finds the way in which processes of a machine map memory of each other's GPUs, given the ranks of this one's.
    /// All processes call it at the same step.</param>
    public GroupMachines(int[][] machines, int own, Func<int[], MemorySharing> share)
    {
        (Machines, this.own, this.share) = (machines, own, share);
        Near = Array.Find(machines, ranks => ranks.Contains(own))!;
    }

    /// <summary>Ranks of each machine, in order.</summary>
    public IReadOnlyList<int[]> Machines { get; }

    /// <summary>Ranks of this process's machine, this one among them.</summary>
    public int[] Near { get; }

    /// <summary>Number of ranks of each machine; 0 if machines have different numbers.</summary>
    public int RanksOfEach => Machines.All(ranks => ranks.Length == Near.Length) ? Near.Length : 0;

    /// <summary>Ranks of all machines that have the same place on theirs as this process's rank has: its rail. All machines have as many
    /// ranks.</summary>
    public int[] Rail
    {
        get
        {
            var place = Array.IndexOf(Near, own);
            return [.. Machines.Select(ranks => ranks[place])];
        }
    }

    /// <summary>Gets what a rank needs to exchange within its machine. All processes call this at the same step.</summary>
    /// <exception cref="FusionException">The processes of a machine cannot map each other's memory.</exception>
    public NearRanks Share() => new(Near, Array.IndexOf(Near, own), sharing ??= share(Near));

    /// <summary>Says which machines have how many ranks.</summary>
    public override string ToString() => string.Join(" and ", Machines.Select(
        ranks => $"{ranks.Length} {(ranks.Length == 1 ? "rank" : "ranks")} ({string.Join(", ", ranks)})"));
}

/// <summary>Ranks that a rank exchanges with through memory, where these are not all ranks of the group.</summary>
/// <param name="Ranks">The ranks in order, this one among them.</param>
/// <param name="Place">Place of this rank among them.</param>
/// <param name="Sharing">Way in which their processes map each other's workspaces.</param>
internal sealed record NearRanks(int[] Ranks, int Place, MemorySharing Sharing);
