namespace Fusion.Runtime.Distributed.Launchers;

/// <summary>Variables of the starters of MPI: Open MPI's mpirun, and Hydra, which MPICH and Intel MPI have.</summary>
internal static class MpiRun
{
    public const string OpenRank = "OMPI_COMM_WORLD_RANK";
    public const string OpenSize = "OMPI_COMM_WORLD_SIZE";

    /// <summary>Variable of MPICH and Intel MPI with the rank.</summary>
    public const string HydraRank = "PMI_RANK";
    private const string HydraSize = "PMI_SIZE";

    /// <summary>Reads a rank of Open MPI; null if there is none.</summary>
    public static LaunchedRank? ReadOpenMpi(LauncherVariables variables)
    {
        if (variables.Number(OpenRank) is not { } rank) return null;
        var size = variables.Needed(OpenSize, OpenRank, least: 1);
        // Open MPI 5 and 4 name the job in different variables; one launch has one of them in all ranks.
        var job = variables.Text("PMIX_NAMESPACE") ?? variables.Text("OMPI_MCA_ess_base_jobid");
        return new(OpenRank, rank, OpenSize, size, variables.Number("OMPI_COMM_WORLD_LOCAL_RANK"), Address) { Launch = job is null ? null : $"openmpi-{job}" };

        RendezvousAddress Address()
        {
            const string localSize = "OMPI_COMM_WORLD_LOCAL_SIZE";
            var isOneMachine = variables.Number(localSize, least: 1) == size;
            if (isOneMachine && job is not null)
            {
                // Open MPI 4 numbers jobs by 16 bits of a hash, which two jobs may share; its folder has the number of mpirun's process.
                return variables.Text("OMPI_MCA_orte_jobfam_session_dir") is { } folder
                    ? LaunchedRank.Socket("openmpi", job, folder)
                    : LaunchedRank.Socket("openmpi", job);
            }

            throw NeedsAddress(isOneMachine
                ? "Open MPI started this rank, but neither PMIX_NAMESPACE nor OMPI_MCA_ess_base_jobid names its job."
                : $"Open MPI started {size} ranks, of which {variables.Text(localSize) ?? "an unknown number"} are on this machine, and it does not say where rank 0 is.");
        }
    }

    /// <summary>Reads a rank of Hydra; null if there is none, or if Slurm set these variables and says more by its own.</summary>
    public static LaunchedRank? ReadHydra(LauncherVariables variables)
    {
        if (variables.Number(HydraRank) is not { } rank) return null;
        var size = variables.Needed(HydraSize, HydraRank, least: 1);
        if (variables.Text(Slurm.Rank) == variables.Text(HydraRank) && variables.Text(Slurm.StepSize) == variables.Text(HydraSize)) return null;
        return new(HydraRank, rank, HydraSize, size, variables.Number("MPI_LOCALRANKID"), Address);

        RendezvousAddress Address()
        {
            const string localSize = "MPI_LOCALNRANKS";
            var isOneMachine = variables.Number(localSize, least: 1) == size;
            // Hydra's variables do not name the job, but on one machine all its ranks come from one process.
            if (isOneMachine && HydraProxy.Find() is { } proxy) return LaunchedRank.Socket("hydra", proxy);
            throw NeedsAddress(isOneMachine
                ? "MPICH or Intel MPI started this rank (PMI_RANK), but its process hydra_pmi_proxy, which tells the job from others, is not seen from here."
                : $"MPICH or Intel MPI started {size} ranks, of which {variables.Text(localSize) ?? "an unknown number"} are on this machine, and it does not say where rank 0 is.");
        }
    }

    private static FusionArgumentException NeedsAddress(string found) => RendezvousErrors.Setting(
        LauncherEnvironment.Address, found,
        $"Set {LauncherEnvironment.Address} for all ranks: tcp:host:port of rank 0's machine with a port that no other job has, or unix:@name with a name of this job if all are on one machine.");
}
