using static Fusion.Runtime.Distributed.Tests.Launchers.VariablesOfATest;

namespace Fusion.Runtime.Distributed.Tests.Launchers;

/// <summary>Variables that launchers gave to a rank, as recorded on 2026-11-28 on Debian 12: what is read of them, and what looks like it. The two
/// machines were two network namespaces, or for Slurm two slurmd.</summary>
public sealed class RecordedVariables
{
    // mpirun -n 2
    private const string OpenMpiOfOne =
        "OMPI_COMM_WORLD_LOCAL_RANK=1 OMPI_COMM_WORLD_LOCAL_SIZE=2 OMPI_COMM_WORLD_NODE_RANK=1 OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=2 OMPI_MCA_ess_base_jobid=217317377 " +
        "OMPI_MCA_orte_jobfam_session_dir=/tmp/ompi.vm.0/pid.24586 PMIX_HOSTNAME=vm PMIX_NAMESPACE=217317377 PMIX_RANK=1";

    // mpirun -n 4 --host node11:2,node12:2
    private const string OpenMpiOfTwo =
        "OMPI_COMM_WORLD_LOCAL_RANK=0 OMPI_COMM_WORLD_LOCAL_SIZE=2 OMPI_COMM_WORLD_NODE_RANK=0 OMPI_COMM_WORLD_RANK=2 OMPI_COMM_WORLD_SIZE=4 OMPI_MCA_ess_base_jobid=603979777 " +
        "OMPI_MCA_orte_jobfam_session_dir=/tmp/ompi.node12.0/jf.9216 PMIX_HOSTNAME=node12 PMIX_NAMESPACE=603979777 PMIX_RANK=2 ";

    // mpiexec -n 4 -hosts node11:2,node12:2
    private const string HydraOfTwo = "MPI_LOCALNRANKS=2 MPI_LOCALRANKID=0 PMI_FD=12 PMI_RANK=2 PMI_SIZE=4 ";

    // torchrun --nproc_per_node 2
    private const string TorchOfOne =
        "GROUP_RANK=0 GROUP_WORLD_SIZE=1 LOCAL_RANK=1 LOCAL_WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT=29500 RANK=1 ROLE_NAME=default ROLE_RANK=1 ROLE_WORLD_SIZE=2 " +
        "TORCHELASTIC_MAX_RESTARTS=0 TORCHELASTIC_RESTART_COUNT=0 TORCHELASTIC_RUN_ID=none TORCHELASTIC_USE_AGENT_STORE=True WORLD_SIZE=2";

    // torchrun --nnodes 2 --nproc_per_node 2 --rdzv_backend c10d --rdzv_endpoint node11:29500 --rdzv_id job7: the port is another at each start.
    private const string TorchOfTwo =
        "GROUP_RANK=0 GROUP_WORLD_SIZE=2 LOCAL_RANK=1 LOCAL_WORLD_SIZE=2 MASTER_ADDR=node11 MASTER_PORT=59039 RANK=1 ROLE_NAME=default ROLE_RANK=1 ROLE_WORLD_SIZE=4 " +
        "TORCHELASTIC_MAX_RESTARTS=0 TORCHELASTIC_RESTART_COUNT=0 TORCHELASTIC_RUN_ID=job7 TORCHELASTIC_USE_AGENT_STORE=False WORLD_SIZE=4";

    // srun -N 1 -n 2
    private const string SlurmOfOne =
        "SLURMD_NODENAME=node01 SLURM_JOBID=49 SLURM_JOB_ID=49 SLURM_JOB_NODELIST=node01 SLURM_JOB_NUM_NODES=1 SLURM_LOCALID=1 SLURM_NNODES=1 SLURM_NODEID=0 SLURM_NODELIST=node01 SLURM_NPROCS=2 " +
        "SLURM_NTASKS=2 SLURM_PROCID=1 SLURM_STEPID=0 SLURM_STEP_ID=0 SLURM_STEP_LAUNCHER_PORT=33869 SLURM_STEP_NODELIST=node01 SLURM_STEP_NUM_NODES=1 SLURM_STEP_NUM_TASKS=2 SLURM_STEP_TASKS_PER_NODE=2 ";

    // srun -N 2 -n 4
    private const string SlurmOfTwo =
        "SLURMD_NODENAME=node01 SLURM_JOBID=50 SLURM_JOB_ID=50 SLURM_JOB_NODELIST=node[01-02] SLURM_JOB_NUM_NODES=2 SLURM_LOCALID=2 SLURM_NNODES=2 SLURM_NODEID=0 SLURM_NODELIST=node[01-02] SLURM_NPROCS=4 " +
        "SLURM_NTASKS=4 SLURM_PROCID=2 SLURM_STEPID=0 SLURM_STEP_ID=0 SLURM_STEP_LAUNCHER_PORT=43713 SLURM_STEP_NODELIST=node[01-02] SLURM_STEP_NUM_NODES=2 SLURM_STEP_NUM_TASKS=4 SLURM_STEP_TASKS_PER_NODE=3,1";

    // sbatch -N 1 -n 2, the script itself
    private const string SlurmScript =
        "SLURMD_NODENAME=node01 SLURM_JOBID=51 SLURM_JOB_ID=51 SLURM_JOB_NODELIST=node01 SLURM_JOB_NUM_NODES=1 SLURM_LOCALID=0 SLURM_NNODES=1 SLURM_NODEID=0 SLURM_NODELIST=node01 SLURM_NPROCS=2 SLURM_NTASKS=2 SLURM_PROCID=0";

    [TestCase(OpenMpiOfOne, 1, 2, 1, "unix:@fusion-openmpi-217317377-/tmp/ompi.vm.0/pid.24586", "openmpi-217317377", TestName = "Open MPI 4.1.4")]
    [TestCase(OpenMpiOfTwo + "FUSION_RENDEZVOUS=tcp:node11:29400", 2, 4, 0, "tcp:node11:29400", "openmpi-603979777", TestName = "Open MPI 4.1.4, two machines")]
    [TestCase(HydraOfTwo + "FUSION_RENDEZVOUS=tcp:node11:29400", 2, 4, 0, "tcp:node11:29400", "default", TestName = "MPICH 4.0.2, two machines")]
    [TestCase(TorchOfOne, 1, 2, 1, "unix:@fusion-torchrun-127.0.0.1-29500-none-0", "torchrun-none", TestName = "torchrun 1.13")]
    [TestCase(TorchOfTwo, 1, 4, 1, "tcp:node11:59040", "torchrun-job7", TestName = "torchrun 1.13, two machines")]
    [TestCase(SlurmOfOne, 1, 2, 1, "unix:@fusion-slurm-49-0", "slurm-49-0", TestName = "Slurm 22.05.8")]
    // srun --mpi=pmi2
    [TestCase(SlurmOfOne + "PMI_FD=13 PMI_JOBID=49.0 PMI_RANK=1 PMI_SIZE=2", 1, 2, 1, "unix:@fusion-slurm-49-0", "slurm-49-0", TestName = "Slurm 22.05.8, PMI 2")]
    [TestCase(SlurmOfTwo, 2, 4, 2, "tcp:node01:23050", "slurm-50-0", TestName = "Slurm 22.05.8, two machines")]
    public void SayWhoAndWhere(string variables, int rank, int worldSize, int localRank, string address, string group)
    {
        var read = Read(variables);
        Assert.That((read.Rank, read.WorldSize, read.LocalRank, read.Address.ToString(), read.Name), Is.EqualTo((rank, worldSize, localRank, address, group)));
    }

    [TestCase(OpenMpiOfTwo, "FUSION_RENDEZVOUS", "Open MPI started 4 ranks, of which 2", TestName = "Open MPI 4.1.4, two machines, and no address")]
    [TestCase(HydraOfTwo, "FUSION_RENDEZVOUS", "started 4 ranks, of which 2", TestName = "MPICH 4.0.2, two machines, and no address")]
    [TestCase(SlurmScript, "SLURM_PROCID", "the script or shell of the job", TestName = "Slurm 22.05.8, the script without srun")]
    public void SayWhatIsMissing(string variables, string wrong, params string[] words) => Refuse(variables, wrong, words);
}
