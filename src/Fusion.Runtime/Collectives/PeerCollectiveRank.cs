using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>A rank of collectives that exchange through the memory of the ranks' GPUs: its kernels and launches.</summary>
internal sealed class PeerCollectiveRank : CollectiveRank
{
    private readonly CollectiveKernels kernels;
    private readonly BlockShare share;
    private CollectiveParameters constants;

    /// <param name="rank">The rank.</param>
    /// <param name="ranks">World size.</param>
    /// <param name="options">Options of the operation.</param>
    /// <param name="kernels">Kernels of the rank.</param>
    /// <param name="share">Share of the rank's GPU.</param>
    /// <exception cref="GpuException">There is not enough memory.</exception>
    public PeerCollectiveRank(Rank rank, int ranks, CollectivesOptions options, CollectiveKernels kernels, BlockShare share)
        : base(rank, ranks, options.WorkspaceBytes)
    {
        (this.kernels, this.share) = (kernels, share);
        var slotBytes = options.SlotBytes(ranks);
        constants = new()
        {
            Status = Workspace.StatusAddress,
            TimeoutNanoseconds = Nanoseconds(options.Timeout),
            SlotBytes = (ulong)slotBytes,
            BufferBytes = (ulong)(slotBytes * Math.Max(ranks - 1, 1)),
            Rank = rank.Index,
            Ranks = ranks,
            Step = WaitStatus.InputStep,
        };
    }

    /// <inheritdoc/>
    public override void Connect(IPeers peers)
    {
        base.Connect(peers);
        constants.Workspaces = Workspaces;
    }

    /// <inheritdoc/>
    public override bool Launch(GpuStream into, in CollectiveCall call, long number)
    {
        BeginLaunch(into);
        var kernel = kernels.For(call);
        var parameters = constants;
        var units = Fill(ref parameters, call, out var unitBytes);
        var isChoice = call.Kind == CollectiveKind.TopK;
        var cap = share.Cap(kernel.Cap, kernel.OnMultiprocessor, share.Enter(Rank.Index, into.Handle));
        // A row is chosen from by one block, octets are moved by a thread each.
        kernel.LaunchPieces(
            into, ref parameters, units, unitBytes, isChoice ? 1 : kernel.Threads, isChoice ? CollectiveKernels.SharedBytes(constants.Ranks, call.Choices) : 0, cap);
        EndLaunch();
        return true;
    }

    // Returns the number of octets or rows of the call.
    private static long Fill(ref CollectiveParameters parameters, in CollectiveCall call, out long unitBytes)
    {
        var input = call.Input;
        parameters.Input = input.Address;
        parameters.Output = call.Output?.Address ?? 0;
        parameters.Indices = call.Indices?.Address ?? 0;
        parameters.Choices = call.Choices;
        parameters.RowOctets = input.Columns / KernelLimits.RowVector;
        unitBytes = DeviceTensor.ByteCount(input.Type, KernelLimits.RowVector);
        var octets = input.Rows * parameters.RowOctets;
        switch (call.Kind)
        {
            case CollectiveKind.AllGatherColumns:
                parameters.PartOctets = parameters.RowOctets;
                return octets;
            case CollectiveKind.AllGatherRows:
                parameters.PartOctets = octets;
                return octets;
            case CollectiveKind.ReduceScatterRows:
                return parameters.PartOctets = octets / parameters.Ranks;
            default:
                unitBytes = 16L * CollectiveKernels.Pairs(call.Choices);
                return input.Rows;
        }
    }
}
