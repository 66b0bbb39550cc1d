using Fusion.Emulation;
using Fusion.Runtime;
using Llama.Cli.CommandLine;
using Llama.Gpu;
using Llama.Model;
using Llama.Model.Running;

namespace Llama.Cli.Runners;

/// <summary>Makes runners on GPUs, each rank on its own from GPU 0 on, and on emulated ones.</summary>
internal static class GpuRunners
{
    /// <summary>Loads a model onto ranks on GPUs.</summary>
    /// <param name="settings">What is asked for.</param>
    /// <param name="progress">What is told how many bytes of weights were loaded so far; random weights are made on the GPUs.</param>
    /// <exception cref="UsageException">The GPUs cannot do what is asked for.</exception>
    /// <exception cref="FusionException">There are too few GPUs, or too little memory.</exception>
    public static OpenedRunner Open(RunnerSettings settings, IProgress<long> progress)
    {
        RankGroup? group = null;
        try
        {
            group = settings.Ranks == 1 ? RankGroup.Loopback(1) : RankGroup.OnGpus([.. Enumerable.Range(0, settings.Ranks)]);
            return new(new RunnerAndGroup(Load(settings, group, progress), group), null);
        }
        catch (Exception e)
        {
            group?.Dispose();
            if (e is ArgumentException and not IFusionError) throw new UsageException(e.Message);
            throw;
        }
    }

    /// <summary>Loads a model onto ranks on emulated GPUs.</summary>
    /// <param name="settings">What is asked for.</param>
    /// <param name="progress">What is told how many bytes of weights were loaded so far.</param>
    /// <exception cref="UsageException">Emulated GPUs cannot do what is asked for.</exception>
    public static OpenedRunner OpenEmulated(RunnerSettings settings, IProgress<long> progress)
    {
        if (settings.AllReduce == AllReduceWay.Nccl)
            throw new UsageException("'--all-reduce nccl' needs GPUs; on the emulator there are fused and separate.");
        Emulator.Use(new() { Gpus = settings.Ranks });
        try
        {
            var opened = Open(settings, progress);
            ((RunnerAndGroup)opened.Runner).Ended = Emulator.Leave;
            return opened;
        }
        catch
        {
            Emulator.Leave();
            throw;
        }
    }

    private static GpuModelRunner Load(RunnerSettings settings, RankGroup group, IProgress<long> progress)
    {
        var options = new GpuRunnerOptions
        {
            AllReduce = settings.AllReduce switch
            {
                AllReduceWay.Fused => AllReduceKind.Fused,
                AllReduceWay.Separate => AllReduceKind.Separate,
                _ => AllReduceKind.Nccl,
            },
            Passes = settings.Passes,
        };
        if (settings.Model.Folder is not { } folder) return GpuModelRunner.WithRandomWeights(settings.Model.Config, group, settings.Limits, options);
        using var checkpoint = Checkpoint.Open(folder);
        return GpuModelRunner.Load(checkpoint, group, settings.Limits, options, progress);
    }

    // The group outlives the runner.
    private sealed class RunnerAndGroup(GpuModelRunner runner, RankGroup group) : IModelRunner
    {
        public Action? Ended { get; set; }

        public ModelConfig Config => runner.Config;

        public RunnerLimits Limits => runner.Limits;

        public int[] Run(IReadOnlyList<StepPart> parts) => runner.Run(parts);

        public void Recover() => runner.Recover();

        public void Dispose()
        {
            runner.Dispose();
            group.Dispose();
            Ended?.Invoke();
        }
    }
}
