namespace Fusion.Runtime;

/// <summary>Does the all-reduces of this process's ranks on GPUs.</summary>
/// <param name="group">The group.</param>
/// <param name="options">Options of the operation.</param>
/// <param name="layout">Layout of the workspaces.</param>
/// <param name="kernels">Kernels of each rank of this process, in the order of the ranks.</param>
/// <param name="peers">What is known of all ranks, whose plans agree. It is disposed with the engine.</param>
/// <param name="near">Ranks of the machine of this process's rank, for sums in two levels; null for others.</param>
/// <exception cref="GpuException">There is not enough memory.</exception>
internal sealed class GpuEngine(RankGroup group, AllReduceOptions options, WorkspaceLayout layout, RankKernels[] kernels, IPeers peers, NearRanks? near = null)
    : GpuExchange<GpuRank, AllReduceLaunch>(
        group, options.Timeout, peers, number => kernels[number].BlocksPerMultiprocessor,
        (rank, number, share) => new GpuRank(rank, options, layout, kernels[number], share, near)), IRankEngine
{
    public void Launch(int rank, GpuStream? stream, in AllReduceCall call, AllReducePlan plan)
    {
        var kernels = new CallKernels();
        Prepare(rank, ref kernels, call, plan);
        Launch(rank, stream, ref kernels);
    }

    /// <summary>Fills in the kernels of a rank's call. Allocates nothing.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="kernels">The kernels, all empty.</param>
    /// <param name="call">The call.</param>
    /// <param name="plan">Strategy and kernels of the call.</param>
    public void Prepare(int rank, ref CallKernels kernels, in AllReduceCall call, AllReducePlan plan) =>
        Of(rank).Prepare(ref kernels, call, plan);

    /// <summary>Starts a rank's prepared call. Allocates nothing.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="stream">Stream of the call; null for <see cref="Rank.Stream"/>.</param>
    /// <param name="kernels">Kernels of the call.</param>
    public void Launch(int rank, GpuStream? stream, ref CallKernels kernels)
    {
        var used = BeginLaunch(rank, stream);
        var (isNoted, isLaunched) = (false, false);
        try
        {
            isNoted = Note(rank, used, kernels.Call, kernels.Fingerprint);
            isLaunched = Of(rank).Launch(used, ref kernels, isNoted ? CountOf(rank) : 0);
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
    protected override void RenewLibrary() => (options.Library as NcclAllReduce)?.Communicators.Renew();

    /// <inheritdoc/>
    protected override string NameOf(int step) => step switch
    {
        WaitStatus.InputStep when near is not null => "two-level: the input",
        WaitStatus.GatherStep when near is not null => "two-level: the sum",
        WaitStatus.LibraryStep when near is not null => "two-level: the sum by NCCL",
        WaitStatus.ReplayStep when near is not null => "two-level: a sum by NCCL that a CUDA graph replayed",
        WaitStatus.MachinesStep => "two-level: the sum by NCCL, for which a rank of another machine has no data",
        1 => "one-shot: the input",
        2 => "two-shot: the input",
        WaitStatus.GatherStep => "two-shot: the sum",
        WaitStatus.LibraryStep => "separate: the sum by NCCL",
        WaitStatus.ReplayStep => "separate: a sum by NCCL that a CUDA graph replayed",
        _ => $"step {step}",
    };
}
