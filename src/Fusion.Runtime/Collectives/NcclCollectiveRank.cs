using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>A rank of collectives where the ranks do not all reach each other's memory: NCCL brings together what the ranks have, between kernels
/// that wait for nobody.</summary>
internal sealed class NcclCollectiveRank : CollectiveRank
{
    // What NCCL moves at a time begins at a multiple of this many bytes.
    private const int Alignment = 256;

    private readonly NcclCollectiveKernels kernels;
    private readonly NcclWatch watch;
    private readonly DeviceMemory gathered;
    private readonly long gatheredBytes;
    private readonly int ranks;

    /// <param name="rank">The rank.</param>
    /// <param name="ranks">World size.</param>
    /// <param name="options">Options of the operation.</param>
    /// <param name="kernels">Kernels of the rank.</param>
    /// <param name="nccl">Communicators of the ranks, which are in several processes.</param>
    /// <exception cref="GpuException">There is not enough memory.</exception>
    public NcclCollectiveRank(Rank rank, int ranks, CollectivesOptions options, NcclCollectiveKernels kernels, NcclCommunicators nccl)
        // No rank writes to it, but the host reads of failures there.
        : base(rank, ranks, KernelLimits.ControlBytes)
    {
        (this.ranks, this.kernels, gatheredBytes) = (ranks, kernels, options.WorkspaceBytes);
        try
        {
            gathered = DeviceMemory.Allocate(rank.Context!, checked((nuint)gatheredBytes));
            gathered.Keep();
        }
        catch
        {
            Workspace.Dispose();
            throw;
        }

        watch = nccl.Watch(this, options.Timeout)!;
    }

    /// <inheritdoc/>
    public override void Connect(IPeers peers)
    {
        base.Connect(peers);
        watch.Start(peers);
    }

    /// <inheritdoc/>
    public override void Reset()
    {
        watch.Clear();
        base.Reset();
    }

    /// <inheritdoc/>
    public override bool Launch(GpuStream into, in CollectiveCall call, long number)
    {
        BeginLaunch(into);
        var isLaunched = call.Kind switch
        {
            CollectiveKind.AllGatherColumns when call.Input.Rows > 1 => GatherColumns(into, call, number),
            // One row of columns is as many rows of one.
            CollectiveKind.AllGatherColumns or CollectiveKind.AllGatherRows =>
                watch.TryLaunch(into, NcclCall.AllGather(call.Input.Address, call.Output!.Value.Address, call.Input.Bytes), number),
            CollectiveKind.ReduceScatterRows => watch.TryLaunch(into, NcclCall.ReduceScatter(call.Input, call.Output!.Value), number),
            _ => Choose(into, call, number),
        };
        if (isLaunched) EndLaunch();
        return isLaunched;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        watch.Dispose();
        gathered.Dispose();
        gathered.Release();
        base.Dispose();
    }

    // The parts of all ranks come one behind the other, and are put side by side from there.
    private bool GatherColumns(GpuStream into, in CollectiveCall call, long number)
    {
        const int UnitBytes = 16;
        var units = call.Input.Bytes / UnitBytes;
        var piece = gatheredBytes / ranks / Alignment * Alignment / UnitBytes;
        var parameters = new CollectiveParameters
        {
            Input = gathered.Address,
            Output = call.Output!.Value.Address,
            PartOctets = units / call.Input.Rows,
            Ranks = ranks,
        };
        for (var first = 0L; first < units; first += piece)
        {
            (parameters.First, parameters.Count) = (first, Math.Min(piece, units - first));
            var part = NcclCall.AllGather(call.Input.Address + (ulong)(first * UnitBytes), gathered.Address, parameters.Count * UnitBytes);
            if (!watch.TryLaunch(into, part, number)) return false;
            kernels.PlaceColumns.Launch(into, parameters, (parameters.Count + KernelLimits.CollectiveThreads - 1) / KernelLimits.CollectiveThreads, ranks);
        }

        return true;
    }

    private bool Choose(GpuStream into, in CollectiveCall call, long number)
    {
        var listBytes = call.Choices * sizeof(ulong);
        var piece = gatheredBytes / ranks / listBytes;
        var parameters = new CollectiveParameters
        {
            Indices = call.Indices!.Value.Address,
            Status = Workspace.StatusAddress,
            RowOctets = call.Input.Columns / KernelLimits.RowVector,
            Rank = Rank.Index,
            Ranks = ranks,
            Choices = call.Choices,
        };
        for (var first = 0L; first < call.Input.Rows; first += piece)
        {
            (parameters.First, parameters.Count) = (first, Math.Min(piece, call.Input.Rows - first));
            var bytes = parameters.Count * listBytes;
            // Where the all-gather has the rank's own.
            var own = gathered.Address + (ulong)(Rank.Index * bytes);
            (parameters.Input, parameters.Output) = (call.Input.Address, own);
            kernels.ChooseColumns(call.Input.Type).Launch(into, parameters, parameters.Count);
            if (!watch.TryLaunch(into, NcclCall.AllGather(own, gathered.Address, bytes), number)) return false;
            (parameters.Input, parameters.Output) = (gathered.Address, call.Output?.Address ?? 0);
            kernels.MergeChoices.Launch(into, parameters, parameters.Count);
        }

        return true;
    }
}
