using System.Globalization;
using Fusion.Emulation;
using Fusion.Runtime;
using Llama.Cli.CommandLine;
using Llama.Gpu;
using Llama.Model;

namespace Llama.Cli.Runners;

/// <summary>Makes runners on GPUs, and on emulated ones.</summary>
internal static class GpuRunners
{
    private const long BytesOfACopy = 512L << 20;
    private const int Copies = 5;

    /// <summary>Loads a model onto ranks, each on a GPU of its own.</summary>
    /// <param name="settings">What is asked for.</param>
    /// <param name="progress">What is told how many bytes of weights were loaded so far.</param>
    /// <exception cref="UsageException">There are fewer GPUs than ranks.</exception>
    public static OpenedRunner Open(RunnerSettings settings, IProgress<long> progress)
    {
        var there = GpuDriver.IsAvailable ? GpuDevice.Count : 0;
        // Of several processes, each needs one, which may be the same.
        if (settings.Rendezvous is null && there < settings.Ranks)
        {
            throw new UsageException(string.Create(CultureInfo.InvariantCulture,
                $"'--ranks {settings.Ranks}' on GPUs needs as many of them, but there {(there == 1 ? "is 1" : $"are {there}")}: 'fusion doctor' says what was found. Take fewer ranks, '--device cpu' or '--device emulator'."));
        }

        return OpenOnGpus(settings, progress, BandwidthOf);
    }

    /// <summary>Loads a model onto ranks, each on an emulated GPU, which are there as long as the runner.</summary>
    /// <param name="settings">What is asked for.</param>
    /// <param name="progress">What is told how many bytes of weights were loaded so far.</param>
    /// <exception cref="UsageException">The emulator cannot do what is asked for.</exception>
    public static OpenedRunner OpenEmulated(RunnerSettings settings, IProgress<long> progress)
    {
        if (settings.AllReduce == AllReduceWay.Nccl) throw new UsageException("'--all-reduce nccl' needs GPUs; on the emulator there are fused and separate.");
        // Somebody else's emulator is left as it is.
        if (Emulator.IsUsed) return OpenOnGpus(settings, progress, _ => null);
        Emulator.Use(new() { Gpus = settings.Ranks });
        try
        {
            return OpenOnGpus(settings, progress, _ => null, Emulator.Leave);
        }
        catch
        {
            Emulator.Leave();
            throw;
        }
    }

    private static OpenedRunner OpenOnGpus(RunnerSettings settings, IProgress<long> progress, Func<RankGroup, double?> bandwidthOf, Action? end = null)
    {
        var group = settings.Rendezvous is null ? RankGroup.OnGpus([.. Enumerable.Range(0, settings.Ranks)]) : settings.Join();
        try
        {
            // Before the model takes the memory.
            var bandwidth = bandwidthOf(group);
            var runner = new RunnerOfGroup(Load(settings, group, progress), group, end);
            settings.WaitUntilAllHaveLoaded(group);
            return new(runner, bandwidth) { Group = settings.Rendezvous is null ? null : group };
        }
        catch (ArgumentException e) when (e is not FusionArgumentException)
        {
            group.Dispose();
            throw new UsageException(e.Message, e);
        }
        catch
        {
            group.Dispose();
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
            SkinnyRows = settings.SkinnyRows,
        };
        if (settings.Model.Folder is not { } folder) return GpuModelRunner.WithRandomWeights(settings.Model.Config, group, settings.Limits, options);
        using var checkpoint = Checkpoint.Open(folder);
        return GpuModelRunner.Load(checkpoint, group, settings.Limits, options, progress);
    }

    // A copy reads and writes each byte.
    private static double? BandwidthOf(RankGroup group)
    {
        var rank = group.LocalRanks[0];
        using var from = new DeviceBuffer<byte>(rank.Context!, BytesOfACopy);
        using var to = new DeviceBuffer<byte>(rank.Context!, BytesOfACopy);
        using var start = new GpuEvent(rank.Context!);
        using var end = new GpuEvent(rank.Context!);
        var best = 0.0;
        for (var i = 0; i < Copies; i++)
        {
            start.Record(rank.Stream!);
            from.CopyTo(rank.Stream!, to.Span);
            end.Record(rank.Stream!);
            end.Synchronize();
            best = Math.Max(best, 2 * BytesOfACopy / end.ElapsedSince(start).TotalSeconds / 1e9);
        }

        return best;
    }
}
