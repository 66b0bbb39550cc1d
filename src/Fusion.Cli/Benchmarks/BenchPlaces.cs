using Fusion.Cli.CommandLine;
using Fusion.Runtime;
using Fusion.Runtime.Distributed;
using Fusion.Runtime.Distributed.Launchers;

namespace Fusion.Cli.Benchmarks;

/// <summary>Where the ranks of a bench are: all in this process, or each in one that a launcher started.</summary>
internal sealed class BenchPlaces
{
    private readonly int[] gpus;
    private readonly int ranks;
    private readonly Rendezvous? rendezvous;

    /// <summary>Reads where the ranks are, without a look at GPUs or other processes.</summary>
    /// <param name="ranks">Number of ranks on one GPU; null if it is not given.</param>
    /// <param name="gpus">GPU of each rank; null or empty if they are not given.</param>
    /// <param name="variable">Gets a variable of the environment; null if it is not set.</param>
    /// <exception cref="UsageException">It is not said where the ranks are, or twice.</exception>
    /// <exception cref="FusionArgumentException">A variable of the launcher is missing or wrong.</exception>
    public BenchPlaces(int? ranks, int[]? gpus, Func<string, string?> variable)
    {
        this.gpus = gpus ?? [];
        this.ranks = ranks ?? 0;
        var isInProcess = ranks is not null || this.gpus.Length > 0;
        if (isInProcess) RequireNoRank(ranks is not null ? "--ranks" : "--gpus", "is for ranks that are all in one process", variable);
        if (ranks is not null && this.gpus.Length > 0)
            throw UsageException.OfCommandLine("Give either --ranks, for ranks on one GPU, or --gpus, for the GPU of each rank.");
        if (isInProcess) return;
        if (LauncherEnvironment.VariableOfRank(variable) is null)
        {
            throw UsageException.OfCommandLine(
                "Give either --ranks, for ranks on one GPU, or --gpus, for the GPU of each rank; or start a process for each rank by 'fusion run --ranks 2 -- fusion bench allreduce …'.");
        }

        rendezvous = LauncherEnvironment.Read(variable);
        if (rendezvous.Device == Rendezvous.OnCpu)
            throw UsageException.OfCommandLine($"The launcher puts rank {rendezvous.Rank} on the CPU (FUSION_DEVICE), but this bench measures GPUs: leave '--device cpu' of 'fusion run' out.");
    }

    /// <summary>Whether each rank is in a process of its own.</summary>
    public bool IsInProcesses => rendezvous is not null;

    /// <summary>Whether this process prints and writes files: it has rank 0, or all ranks.</summary>
    public bool IsFirst => rendezvous is null or { Rank: 0 };

    /// <summary>Throws if 'fusion run' started this process for an option that needs no other ranks.</summary>
    /// <param name="option">Name of the option.</param>
    /// <param name="what">What it is, in words that follow the name.</param>
    /// <param name="variable">Gets a variable of the environment; null if it is not set.</param>
    /// <exception cref="UsageException">This process is a rank.</exception>
    public static void RequireNoRank(string option, string what, Func<string, string?> variable)
    {
        // Variables of other launchers may be those of a shell or a script around this command.
        if (LauncherEnvironment.VariableOfRank(variable) is not LauncherEnvironment.Rank) return;
        throw UsageException.OfCommandLine(
            $"Option '{option}' {what}, but this process is rank {variable(LauncherEnvironment.Rank)} of a launcher ({LauncherEnvironment.Rank}): leave the option out, or run the command without the launcher.");
    }

    /// <summary>Throws if ranks are in several processes, of which an option knows nothing.</summary>
    /// <param name="option">Name of the option.</param>
    /// <exception cref="UsageException">They are.</exception>
    public void RequireOneProcess(string option)
    {
        if (rendezvous is null) return;
        throw UsageException.OfCommandLine($"Option '{option}' needs all ranks in one process, but a launcher started a process for each of {rendezvous.WorldSize}: leave it out, or name the GPUs by --gpus without a launcher.");
    }

    /// <summary>Makes the group, for which ranks of other processes are waited for.</summary>
    /// <returns>The group, to be disposed.</returns>
    /// <exception cref="FusionException">There are no such GPUs, or other ranks did not come.</exception>
    public RankGroup Open() => rendezvous is not null ? RankGroup.JoinAsync(rendezvous).GetAwaiter().GetResult()
        : gpus.Length > 0 ? RankGroup.OnGpus(gpus) : RankGroup.Loopback(ranks);
}
