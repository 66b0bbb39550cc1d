using Fusion.Graph;
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

    /// <summary>How ranks sum what they computed.</summary>
    public required AllReduceWay AllReduce { get; init; }

    /// <summary>Configuration of the passes, in which the fusion of all-reduces is off if <see cref="AllReduce"/> says so.</summary>
    public required FusionPassConfig Passes { get; init; }

    /// <summary>Largest number of rows of a matmul on GPUs that kernels for few rows do.</summary>
    public int SkinnyRows { get; init; }

    /// <summary>How much a step and the cache hold.</summary>
    public required RunnerLimits Limits { get; init; }
}

/// <summary>A runner that was opened.</summary>
/// <param name="Runner">The runner, which is the caller's.</param>
/// <param name="BandwidthGBs">Measured bandwidth of a rank's memory in 10⁹ bytes a second; null if nothing measured it.</param>
internal sealed record OpenedRunner(IModelRunner Runner, double? BandwidthGBs);

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
