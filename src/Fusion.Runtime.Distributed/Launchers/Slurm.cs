using System.Globalization;

namespace Fusion.Runtime.Distributed.Launchers;

/// <summary>Variables that Slurm's <c>srun</c> sets for each task.</summary>
internal static class Slurm
{
    public const string Rank = "SLURM_PROCID";
    public const string StepSize = "SLURM_STEP_NUM_TASKS";

    /// <summary>First of the ports that jobs get: below the ports that Linux gives to outgoing connections, 32768 and up.</summary>
    public const int FirstPort = 20000;

    /// <summary>Number of ports that jobs get.</summary>
    public const int Ports = 8000;

    private const string Job = "SLURM_JOB_ID";
    private const string JobSize = "SLURM_NTASKS";
    private const string StepNodes = "SLURM_STEP_NODELIST";
    private const string JobNodes = "SLURM_JOB_NODELIST";

    // Slurm numbers what is no step of srun from here on: batch scripts, interactive shells.
    private const uint FirstSpecialStep = 0xffff_fff0;

    // Steps of one job, and jobs one after the other, get different ports; and since this has no divisor in common with the number of ports, so do
    // the first steps of 8000 jobs.
    private const ulong StepsOfAJob = 61;

    /// <summary>Reads a rank; null if there is none.</summary>
    public static LaunchedRank? Read(LauncherVariables variables)
    {
        if (variables.Number(Rank) is not { } rank) return null;
        // A script or an interactive shell is a step of one task in a job of several, which srun starts.
        var sizeVariable = variables.Text(StepSize) is null || (Step(variables) is null && variables.Text(JobSize) is not null) ? JobSize : StepSize;
        var size = variables.Needed(sizeVariable, Rank, least: 1);
        if (Step(variables) is null && size > 1)
        {
            throw RendezvousErrors.Setting(
                Rank, $"{Rank} is {rank} and {sizeVariable} is {size}, but SLURM_STEP_ID names no step: this is the script or shell of the job, not one of {size} tasks.",
                "Start the program in it by srun.");
        }

        return new(Rank, rank, sizeVariable, size, variables.Number("SLURM_LOCALID"), () => Address(variables, rank, size))
        {
            Launch = variables.Text(Job) is { } job ? string.Create(CultureInfo.InvariantCulture, $"slurm-{job}-{StepName(variables)}") : null,
        };
    }

    /// <summary>Chooses the port of a step.</summary>
    /// <param name="job">Number of the job.</param>
    /// <param name="step">Number of the step.</param>
    public static int Port(ulong job, uint step) => FirstPort + (int)(((job % (ulong)Ports * StepsOfAJob) + step) % (ulong)Ports);

    private static RendezvousAddress Address(LauncherVariables variables, int rank, int size)
    {
        var text = variables.NeededText(Job, Rank);
        if (!ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var job))
            throw RendezvousErrors.Setting(Job, $"{Job} is '{text}', which is no number of a job.", $"Set {LauncherEnvironment.Address} instead.");
        var (nodes, first) = size == 1 ? (1, null) : Nodes(variables);
        if (nodes == 1) return LaunchedRank.Socket("slurm", text, StepName(variables));
        if (rank == 0) RequireHere(variables, first!);
        return RendezvousAddress.Tcp(first!, Port(job, Step(variables) ?? 0));
    }

    // The others would look for rank 0 in vain. Only rank 0 knows it: Slurm tells no task where the others are.
    private static void RequireHere(LauncherVariables variables, string first)
    {
        const string node = "SLURMD_NODENAME";
        if (variables.Text(node) is not { } here || here == first) return;
        throw RendezvousErrors.Setting(
            LauncherEnvironment.Address, $"Rank 0 is on {here} ({node}), but the ranks look for it on {first}, the first machine of the step: they were distributed in an order of your own.",
            $"Set {LauncherEnvironment.Address} to tcp:{here}:port for all ranks, with a port that no other job has.");
    }

    // Number of machines, more than one being counted as two where only a list says it, and the first of them, where rank 0 is.
    private static (int Count, string? First) Nodes(LauncherVariables variables)
    {
        var count = variables.Number("SLURM_STEP_NUM_NODES", least: 1);
        if (count == 1) return (1, null);
        var name = variables.Text(StepNodes) is null ? JobNodes : StepNodes;
        var list = variables.NeededText(name, Rank);
        try
        {
            var hosts = SlurmHostList.Expand(list).Take(2).ToList();
            return (count ?? hosts.Count, hosts[0]);
        }
        catch (FormatException e)
        {
            throw RendezvousErrors.Setting(name, $"{name} is '{list}', which cannot be read: {e.Message}", $"Set {LauncherEnvironment.Address} to tcp:host:port of rank 0's machine.");
        }
    }

    // The script of a job runs beside its steps.
    private static string StepName(LauncherVariables variables) => Step(variables)?.ToString(CultureInfo.InvariantCulture) ?? "script";

    private static uint? Step(LauncherVariables variables) =>
        uint.TryParse(variables.Text("SLURM_STEP_ID") ?? variables.Text("SLURM_STEPID"), NumberStyles.None, CultureInfo.InvariantCulture, out var step)
        && step < FirstSpecialStep ? step : null;
}
