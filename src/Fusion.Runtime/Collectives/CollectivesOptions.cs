using System.Globalization;
using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Options of <see cref="Collectives"/>: workspace and timeout.</summary>
public sealed record CollectivesOptions
{
    /// <summary>Smallest <see cref="WorkspaceBytes"/>: 64 KiB.</summary>
    public const long SmallestWorkspaceBytes = 64 * 1024;

    /// <summary>Default of <see cref="WorkspaceBytes"/>: 16 MiB.</summary>
    public const long DefaultWorkspaceBytes = 16 * 1024 * 1024;

    /// <summary>Size of each rank's workspace in bytes, <see cref="SmallestWorkspaceBytes"/> or more; 16 MiB by default. Calls of
    /// any size go through it: larger ones in pieces, a launch each, with the same results. Where NCCL exchanges, it holds what was gathered
    /// before it is put in its place. Ranks on the CPU have no workspace.</summary>
    public long WorkspaceBytes { get; init; } = DefaultWorkspaceBytes;

    /// <summary>Longest time that a rank waits for the others in a call before it gives up with a
    /// <see cref="PeerTimeoutException"/>: more than zero, and never infinite; 10 seconds by default. Where NCCL exchanges, it is the longest time
    /// of each piece of a call, from when the rank's GPU has come to it.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>NCCL of the group, by which the calls are done where the ranks do not all reach each other's memory
    /// (<see cref="GroupTopology.Machines"/>); null for one that such operations of the group share. All ranks give one, or none does. It is
    /// disposed after the operation. Other groups ignore it.</summary>
    public NcclAllReduce? Nccl { get; init; }

    /// <summary>Throws if an option is wrong.</summary>
    internal void Check()
    {
        if (WorkspaceBytes < SmallestWorkspaceBytes)
        {
            throw CallErrors.Argument(nameof(WorkspaceBytes), string.Create(CultureInfo.InvariantCulture, $"{WorkspaceBytes} bytes"),
                string.Create(CultureInfo.InvariantCulture, $"{SmallestWorkspaceBytes} bytes or more"), Collectives.Name);
        }

        if (Timeout <= TimeSpan.Zero)
        {
            throw CallErrors.Argument(nameof(Timeout), Timeout.ToString("c", CultureInfo.InvariantCulture),
                "more than zero: no wait is without an end", Collectives.Name);
        }
    }

    /// <summary>Computes the size of the slots of one sender in one buffer, in bytes.</summary>
    /// <param name="ranks">World size.</param>
    internal long SlotBytes(int ranks)
    {
        const int Alignment = 256;
        var senders = Math.Max(ranks - 1, 1);
        return (WorkspaceBytes - KernelLimits.ControlBytes) / KernelLimits.Buffers / senders / Alignment * Alignment;
    }
}
