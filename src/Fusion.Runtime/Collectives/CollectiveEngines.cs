namespace Fusion.Runtime;

/// <summary>Does the calls of collectives, on GPUs or on the CPU. Calls have been validated before.</summary>
internal interface ICollectiveEngine : IExchangeEngine
{
    /// <summary>Starts a rank's call, or keeps it until all ranks have launched theirs.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="stream">Stream of the call; null for <see cref="Rank.Stream"/>.</param>
    /// <param name="call">The call.</param>
    void Launch(int rank, GpuStream? stream, in CollectiveCall call);
}

/// <summary>Does the collectives of ranks on the CPU by the reference.</summary>
/// <param name="group">The group.</param>
/// <param name="timeout">Longest time that a rank waits for the launches of others.</param>
/// <param name="peers">What is known of all ranks, whose plans agree. It is disposed with the engine.</param>
internal sealed class CpuCollectives(RankGroup group, TimeSpan timeout, IPeers peers)
    : CpuExchange<CollectiveCall, CollectiveShape>(group, timeout, peers), ICollectiveEngine
{
    public void Launch(int rank, GpuStream? stream, in CollectiveCall call) => Launch(rank, call);

    /// <inheritdoc/>
    protected override CollectiveShape ShapeOf(in CollectiveCall call) => call.Shape;

    /// <inheritdoc/>
    protected override void Check(long number, int rank, in CollectiveShape first, int other, in CollectiveShape shape) =>
        CallAgreement.Check(number, rank, first, other, shape);

    /// <inheritdoc/>
    protected override DeviceTensor InputOf(in CollectiveCall call) => call.Input;

    /// <inheritdoc/>
    protected override CollectiveCall OfOtherProcess(in CollectiveCall own, DeviceTensor input) => new(own.Kind, input, null, null);

    /// <inheritdoc/>
    protected override void Compute(ReadOnlySpan<CollectiveCall> calls) => CollectiveReference.Compute(calls);
}

/// <summary>Does the collectives of this process's ranks on GPUs.</summary>
internal sealed class GpuCollectives : GpuExchange<CollectiveRank, CollectiveShape>, ICollectiveEngine
{
    private readonly NcclCommunicators? nccl;

    private GpuCollectives(
        RankGroup group, TimeSpan timeout, IPeers peers, Func<int, int[]> occupancies, Func<Rank, int, BlockShare, CollectiveRank> make, NcclCommunicators? nccl)
        : base(group, timeout, peers, occupancies, make) => this.nccl = nccl;

    /// <summary>Makes an engine of ranks that exchange through the memory of their GPUs.</summary>
    /// <param name="group">The group.</param>
    /// <param name="options">Options of the operation.</param>
    /// <param name="kernels">Kernels of each rank of this process, in the order of the ranks.</param>
    /// <param name="peers">What is known of all ranks, whose plans agree. It is disposed with the engine.</param>
    public static GpuCollectives ThroughMemory(RankGroup group, CollectivesOptions options, CollectiveKernels[] kernels, IPeers peers) => new(
        group, options.Timeout, peers, number => kernels[number].BlocksPerMultiprocessor,
        (rank, number, share) => new PeerCollectiveRank(rank, group.WorldSize, options, kernels[number], share), null);

    /// <summary>Makes an engine of ranks for which NCCL exchanges.</summary>
    /// <param name="group">The group, of which this process has one rank.</param>
    /// <param name="options">Options of the operation.</param>
    /// <param name="kernels">Kernels of the rank.</param>
    /// <param name="nccl">Communicators of the ranks.</param>
    /// <param name="peers">What is known of all ranks, whose plans agree. It is disposed with the engine.</param>
    public static GpuCollectives ByNccl(RankGroup group, CollectivesOptions options, NcclCollectiveKernels kernels, NcclCommunicators nccl, IPeers peers) => new(
        // None of the kernels waits for other ranks.
        group, options.Timeout, peers, _ => [], (rank, _, _) => new NcclCollectiveRank(rank, group.WorldSize, options, kernels, nccl), nccl);

    public void Launch(int rank, GpuStream? stream, in CollectiveCall call)
    {
        var used = BeginLaunch(rank, stream);
        var (isNoted, isLaunched) = (false, false);
        try
        {
            var shape = call.Shape;
            isNoted = Note(rank, used, shape, shape.Fingerprint);
            isLaunched = Of(rank).Launch(used, call, isNoted ? CountOf(rank) : 0);
        }
        catch when (isNoted)
        {
            TakeBack(rank);
            throw;
        }
        finally
        {
            EndLaunch(rank);
        }

        if (!isLaunched) ThrowFailure(rank);
    }

    /// <inheritdoc/>
    protected override void RenewLibrary() => nccl?.Renew();

    /// <inheritdoc/>
    protected override string NameOf(int step) => step switch
    {
        WaitStatus.LibraryStep => "collective: the exchange by NCCL",
        WaitStatus.ReplayStep => "collective: an exchange by NCCL that a CUDA graph replayed",
        _ => "collective: the input",
    };
}
