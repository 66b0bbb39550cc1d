using System.Globalization;
using Llama.Cli.CommandLine;
using Llama.Model;
using Llama.Model.Reference;

namespace Llama.Cli.Runners;

/// <summary>Makes runners on the CPU.</summary>
internal static class CpuRunners
{
    // Random weights are written to a file first, and a step of a larger model takes minutes.
    private const long MostRandomBytes = 1L << 30;

    /// <summary>Loads a model onto ranks on the CPU.</summary>
    /// <param name="settings">What is asked for.</param>
    /// <param name="progress">What is told how many bytes of weights were loaded so far.</param>
    /// <exception cref="UsageException">The CPU cannot do what is asked for.</exception>
    public static OpenedRunner Open(RunnerSettings settings, IProgress<long> progress)
    {
        if (settings.AllReduce == AllReduceWay.Nccl)
            throw new UsageException("'--all-reduce nccl' needs GPUs; on the CPU there are fused and separate.");
        if (settings.Model.Folder is { } folder) return Open(folder, settings, progress);

        if (WeightBytes.OfRank(settings.Model.Config, 1) is var bytes && bytes > MostRandomBytes)
        {
            throw new UsageException(string.Create(CultureInfo.InvariantCulture,
                $"The model has {bytes / 1e9:0.0} GB of weights, too many for the CPU, which computes in plain C#; random ones may have {MostRandomBytes / 1e9:0.0} GB. Take '--shape tiny'."));
        }

        var random = Directory.CreateTempSubdirectory("llama-random");
        try
        {
            RandomCheckpoint.Write(random.FullName, settings.Model.Config);
            return Open(random.FullName, settings, progress);
        }
        finally
        {
            random.Delete(recursive: true);
        }
    }

    private static OpenedRunner Open(string folder, RunnerSettings settings, IProgress<long> progress)
    {
        using var checkpoint = Checkpoint.Open(folder);
        if (settings.Rendezvous is null) return new(new CpuModelRunner(checkpoint, settings.Limits, settings.Ranks, settings.Passes, progress), null);
        var group = settings.Join();
        try
        {
            var runner = new RunnerOfGroup(new CpuModelRunner(checkpoint, group, settings.Limits, settings.Passes, progress), group);
            settings.WaitUntilAllHaveLoaded(group);
            return new(runner, null) { Group = group };
        }
        catch
        {
            group.Dispose();
            throw;
        }
    }
}
