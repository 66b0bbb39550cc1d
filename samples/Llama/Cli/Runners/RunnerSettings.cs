using Fusion.Graph;
using Fusion.Runtime;
using Fusion.Runtime.Distributed;
using Llama.Cli.CommandLine;
using Llama.Model;
using Llama.Model.Running;

namespace Llama.Cli.Runners;

/// <summary>How ranks sum what they computed.</summary>
internal enum AllReduceWay
{
    /// <summary>By all-reduces that are fused with what follows them.</summary>
    Fused,

    /// <summary>By the same kernels, one for each op.</summary>
    Separate,

    /// <summary>By NCCL, with separate kernels for what follows.</summary>
    Nccl,
}

/// <summary>A model to be loaded.</summary>
/// <param name="Config">Shape of the model.</param>
/// <param name="Name">Name of the model, for people.</param>
/// <param name="Folder">Folder of its checkpoint; null for random weights.</param>
internal sealed record ModelSource(ModelConfig Config, string Name, string? Folder);

/// <summary>What a runner is asked to be.</summary>
internal sealed record RunnerSettings
{
    /// <summary>The model.</summary>
    public required ModelSource Model { get; init; }

    /// <summary>Word of the device, one of <see cref="RunnerFactory.Devices"/>.</summary>
    public required string Device { get; init; }

    /// <summary>Number of ranks.</summary>
    public required int Ranks { get; init; }

    /// <summary>Which of the ranks this process has, and where it meets the others; null if it has all.</summary>
    public Rendezvous? Rendezvous { get; init; }

    /// <summary>Token that ends the wait for the other processes.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>How ranks sum what they computed.</summary>
    public required AllReduceWay AllReduce { get; init; }

    /// <summary>Configuration of the passes, in which the fusion of all-reduces is off if <see cref="AllReduce"/> says so.</summary>
    public required FusionPassConfig Passes { get; init; }

    /// <summary>Largest number of rows of a matmul on GPUs that kernels for few rows do; null for the default.</summary>
    public int? SkinnyRows { get; init; }

    /// <summary>How much a step and the cache hold.</summary>
    public required RunnerLimits Limits { get; init; }

    /// <summary>Meets the ranks of the other processes.</summary>
    /// <returns>The group, of which this process has one rank.</returns>
    /// <exception cref="FusionException">They did not come, or do not fit together.</exception>
    public RankGroup Join() => RankGroup.JoinAsync(
        Rendezvous ?? throw new InvalidOperationException("This process has all ranks."), Cancellation).GetAwaiter().GetResult();

    /// <summary>Waits until the ranks of all processes have loaded the model. One that reads its weights faster would wait in its first step for the
    /// others, and no longer than an all-reduce may.</summary>
    /// <param name="group">The group, which this is nothing for if it is of one process.</param>
    /// <exception cref="RendezvousException">A rank did not come within the time-out of the rendezvous.</exception>
    public void WaitUntilAllHaveLoaded(RankGroup group)
    {
        // All ranks meet to make an operation. The group disposes it, so that no rank frees memory while another one begins.
        if (Rendezvous is not null) _ = new Collectives(group);
    }
}

/// <summary>A runner that was opened.</summary>
/// <param name="Runner">The runner, which is the caller's.</param>
/// <param name="BandwidthGBs">Measured bandwidth of a rank's memory in 10⁹ bytes a second; null if nothing measured it.</param>
internal sealed record OpenedRunner(IModelRunner Runner, double? BandwidthGBs)
{
    /// <summary>Group of the ranks of several processes; null if this process has all ranks.</summary>
    public RankGroup? Group { get; init; }
}

/// <summary>Makes runners.</summary>
internal interface IRunnerFactory
{
    /// <summary>Loads a model onto its ranks.</summary>
    /// <param name="settings">What is asked for.</param>
    /// <param name="progress">What is told how many bytes of weights were loaded so far, of all ranks. It throws to end the loading.</param>
    /// <exception cref="UsageException">There is no such runner.</exception>
    /// <exception cref="CheckpointException">The checkpoint cannot be used.</exception>
    OpenedRunner Open(RunnerSettings settings, IProgress<long> progress);
}
