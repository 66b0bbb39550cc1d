using Fusion.Runtime.Distributed.Launchers;
using static Fusion.Runtime.Distributed.Tests.Launchers.VariablesOfATest;

namespace Fusion.Runtime.Distributed.Tests.Launchers;

public sealed class VariablesOfLaunchers
{
    private const string Torch = "RANK=5 WORLD_SIZE=8 LOCAL_RANK=1 LOCAL_WORLD_SIZE=4 MASTER_ADDR=node01 MASTER_PORT=29500 TORCHELASTIC_RUN_ID=run ";
    private const string OpenMpi = "OMPI_COMM_WORLD_RANK=3 OMPI_COMM_WORLD_SIZE=4 OMPI_COMM_WORLD_LOCAL_RANK=3 OMPI_COMM_WORLD_LOCAL_SIZE=4 PMIX_NAMESPACE=prterun-node01-17@1 ";
    private const string SlurmOfOne = "SLURM_PROCID=1 SLURM_STEP_NUM_TASKS=4 SLURM_NTASKS=8 SLURM_LOCALID=1 SLURM_STEP_NUM_NODES=1 SLURM_JOB_ID=1234 SLURM_STEP_ID=2 ";
    private const string SlurmOfTwo = "SLURM_PROCID=5 SLURM_STEP_NUM_TASKS=8 SLURM_LOCALID=1 SLURM_STEP_NUM_NODES=2 SLURM_STEP_NODELIST=node[07-08] SLURM_JOB_NODELIST=node[01-08] SLURM_JOB_ID=1234 SLURM_STEP_ID=2 ";

    [TestCase(Torch, 5, 8, 1, "tcp:node01:29501")]
    [TestCase("RANK=5 WORLD_SIZE=8 MASTER_ADDR=node01 MASTER_PORT=29500", 5, 8, null, "tcp:node01:29501")]
    [TestCase("RANK=0 WORLD_SIZE=1 MASTER_ADDR=fd00::1 MASTER_PORT=29500", 0, 1, null, "tcp:[fd00::1]:29501")]
    [TestCase("RANK=3 WORLD_SIZE=4 LOCAL_RANK=3 LOCAL_WORLD_SIZE=4 MASTER_ADDR=localhost MASTER_PORT=29500 TORCHELASTIC_RUN_ID=run TORCHELASTIC_RESTART_COUNT=2",
        3, 4, 3, "unix:@fusion-torchrun-localhost-29500-run-2")]
    [TestCase(OpenMpi, 3, 4, 3, "unix:@fusion-openmpi-prterun-node01-17@1")]
    [TestCase("OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=2 OMPI_COMM_WORLD_LOCAL_SIZE=2 OMPI_MCA_ess_base_jobid=77", 1, 2, null, "unix:@fusion-openmpi-77")]
    [TestCase("OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=2 OMPI_COMM_WORLD_LOCAL_SIZE=1 FUSION_RENDEZVOUS=tcp:a:1", 1, 2, null, "tcp:a:1")]
    [TestCase("PMI_RANK=1 PMI_SIZE=2 MPI_LOCALRANKID=0 FUSION_RENDEZVOUS=tcp:a:1", 1, 2, 0, "tcp:a:1")]
    [TestCase(SlurmOfOne, 1, 4, 1, "unix:@fusion-slurm-1234-2")]
    // 20000 + (1234 * 61 + 2) % 8000
    [TestCase(SlurmOfTwo, 5, 8, 1, "tcp:node07:23276")]
    [TestCase("SLURM_PROCID=1 SLURM_NTASKS=4 SLURM_JOB_NODELIST=node3 SLURM_JOB_ID=9 SLURM_STEPID=0", 1, 4, null, "unix:@fusion-slurm-9-0")]
    [TestCase("SLURM_PROCID=1 SLURM_NTASKS=4 SLURM_JOB_NODELIST=gpu3,node[1-2] SLURM_JOB_ID=0 SLURM_STEP_ID=0", 1, 4, null, "tcp:gpu3:20000")]
    // The script of a job of one task is that task, and does not meet the job's steps.
    [TestCase("SLURM_PROCID=0 SLURM_NTASKS=1 SLURM_LOCALID=0 SLURM_JOB_NODELIST=node[1-2] SLURM_JOB_ID=9", 0, 1, 0, "unix:@fusion-slurm-9-script")]
    // srun with --mpi=pmi2 sets MPICH's variables too.
    [TestCase(SlurmOfOne + "PMI_RANK=1 PMI_SIZE=4", 1, 4, 1, "unix:@fusion-slurm-1234-2")]
    public void SayWhoAndWhere(string variables, int rank, int worldSize, int? localRank, string address)
    {
        var read = Read(variables);
        Assert.That((read.Rank, read.WorldSize, read.LocalRank, read.Address.ToString()), Is.EqualTo((rank, worldSize, localRank, address)));
    }

    // A launcher within another one is the one that made this process.
    [TestCase(SlurmOfTwo + Torch, 5, 8)]
    [TestCase("SLURM_PROCID=1 SLURM_STEP_NUM_TASKS=2 " + OpenMpi + Torch, 5, 8)]
    [TestCase("SLURM_PROCID=1 SLURM_STEP_NUM_TASKS=2 SLURM_STEP_ID=0 " + OpenMpi, 3, 4)]
    [TestCase("SLURM_PROCID=0 SLURM_NTASKS=8 " + OpenMpi, 3, 4)]
    [TestCase(SlurmOfOne + OpenMpi + Torch + "FUSION_RANK=1 FUSION_WORLD_SIZE=2 FUSION_RENDEZVOUS=unix:@a", 1, 2)]
    // A shell within a job may start ranks by itself.
    [TestCase("SLURM_PROCID=0 SLURM_STEP_NUM_TASKS=1 SLURM_STEP_ID=0 RANK=1 WORLD_SIZE=2 MASTER_ADDR=localhost MASTER_PORT=29500", 1, 2)]
    // A script may say again what its launcher says.
    [TestCase(SlurmOfTwo + "RANK=5 WORLD_SIZE=8 MASTER_ADDR=node07 MASTER_PORT=29500", 5, 8)]
    [TestCase(SlurmOfTwo + "WORLD_SIZE=8", 5, 8)]
    public void OfTheInnermostOneCount(string variables, int rank, int worldSize)
    {
        var read = Read(variables);
        Assert.That((read.Rank, read.WorldSize), Is.EqualTo((rank, worldSize)));
    }

    [Test]
    public void AreCompletedByOurOwn()
    {
        var read = Read(SlurmOfTwo + "FUSION_RENDEZVOUS=tcp:ib-node07:4000 FUSION_LOCAL_RANK=3 FUSION_SECRET=s FUSION_DEVICE=cpu FUSION_WORLD_SIZE=8");

        Assert.That((read.Rank, read.WorldSize, read.LocalRank, read.Address.ToString(), read.Secret, read.Device),
            Is.EqualTo((5, 8, 3, "tcp:ib-node07:4000", "s", -1)));
    }

    [TestCase("", "FUSION_RANK", "Nothing says which rank", "fusion run --ranks 4")]
    [TestCase("FUSION_RENDEZVOUS=unix:@a", "FUSION_RANK", "Nothing says which rank")]
    [TestCase("RANK=1", "WORLD_SIZE", "RANK is '1', but WORLD_SIZE is not set")]
    [TestCase("WORLD_SIZE=4", "RANK", "RANK is not set")]
    [TestCase("RANK=1 WORLD_SIZE=2", "MASTER_ADDR", "MASTER_ADDR is not set")]
    [TestCase("RANK=1 WORLD_SIZE=2 MASTER_ADDR=a", "MASTER_PORT", "MASTER_PORT is not set")]
    [TestCase("RANK=1 WORLD_SIZE=2 MASTER_ADDR=a MASTER_PORT=65535", "MASTER_PORT", "65534", "FUSION_RENDEZVOUS")]
    [TestCase("RANK=x WORLD_SIZE=2 MASTER_ADDR=a MASTER_PORT=1", "RANK", "'x'")]
    [TestCase("RANK=2 WORLD_SIZE=2 MASTER_ADDR=a MASTER_PORT=1", "RANK", "RANK is 2, but WORLD_SIZE is 2")]
    [TestCase("OMPI_COMM_WORLD_RANK=1", "OMPI_COMM_WORLD_SIZE", "is not set")]
    [TestCase("OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=4 OMPI_COMM_WORLD_LOCAL_SIZE=2 PMIX_NAMESPACE=j", "FUSION_RENDEZVOUS", "started 4 ranks, of which 2", "tcp:host:port")]
    [TestCase("OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=4 OMPI_COMM_WORLD_LOCAL_SIZE=4", "FUSION_RENDEZVOUS", "PMIX_NAMESPACE")]
    [TestCase("PMI_RANK=1 PMI_SIZE=4", "FUSION_RENDEZVOUS", "MPICH", "started 4 ranks, of which an unknown number")]
    [TestCase("PMI_RANK=1 PMI_SIZE=4 MPI_LOCALNRANKS=2", "FUSION_RENDEZVOUS", "started 4 ranks, of which 2")]
    // These tests were not started by MPICH.
    [TestCase("PMI_RANK=1 PMI_SIZE=4 MPI_LOCALNRANKS=4", "FUSION_RENDEZVOUS", "hydra_pmi_proxy")]
    [TestCase("SLURM_PROCID=1", "SLURM_NTASKS", "is not set")]
    [TestCase("SLURM_PROCID=0 SLURM_NTASKS=4 SLURM_JOB_ID=1", "SLURM_PROCID", "the script or shell of the job", "srun")]
    [TestCase("SLURM_PROCID=0 SLURM_NTASKS=4 SLURM_JOB_ID=1 SLURM_STEP_ID=4294967291", "SLURM_PROCID", "the script or shell of the job")]
    // A shell that salloc started as a step of one task.
    [TestCase("SLURM_PROCID=0 SLURM_STEP_NUM_TASKS=1 SLURM_NTASKS=4 SLURM_JOB_ID=1 SLURM_STEP_ID=4294967290", "SLURM_PROCID", "SLURM_NTASKS is 4", "the script or shell of the job")]
    [TestCase("SLURM_PROCID=0 SLURM_NTASKS=4 SLURM_STEP_ID=0", "SLURM_JOB_ID", "is not set")]
    [TestCase("SLURM_PROCID=0 SLURM_NTASKS=4 SLURM_STEP_ID=0 SLURM_JOB_ID=1", "SLURM_JOB_NODELIST", "is not set")]
    [TestCase("SLURM_PROCID=0 SLURM_NTASKS=4 SLURM_STEP_ID=0 SLURM_JOB_ID=1 SLURM_STEP_NODELIST=node[", "SLURM_STEP_NODELIST", "'node['")]
    [TestCase("SLURM_PROCID=0 SLURM_NTASKS=4 SLURM_STEP_ID=0 SLURM_JOB_ID=job SLURM_STEP_NUM_NODES=1", "SLURM_JOB_ID", "'job'")]
    [TestCase(SlurmOfTwo + "SLURM_PROCID=0 SLURMD_NODENAME=node08", "FUSION_RENDEZVOUS", "Rank 0 is on node08", "on node07", "tcp:node08:port")]
    [TestCase(SlurmOfTwo + "RANK=0 WORLD_SIZE=8 MASTER_ADDR=a MASTER_PORT=1", "SLURM_PROCID", "RANK is 0, but SLURM_PROCID is '5'")]
    [TestCase(OpenMpi + "RANK=0 WORLD_SIZE=4 MASTER_ADDR=a MASTER_PORT=1", "OMPI_COMM_WORLD_RANK", "RANK is 0")]
    [TestCase(SlurmOfTwo + "WORLD_SIZE=16", "WORLD_SIZE", "SLURM_STEP_NUM_TASKS is 8, but WORLD_SIZE is '16'")]
    [TestCase(SlurmOfTwo + "FUSION_WORLD_SIZE=4", "FUSION_WORLD_SIZE", "SLURM_STEP_NUM_TASKS is 8, but FUSION_WORLD_SIZE is '4'")]
    public void ThatAreHalfOrContradictoryAreRefused(string variables, string wrong, params string[] words) => Refuse(variables, wrong, words);

    [Test]
    public void OfTwoLaunchesNameTwoSockets()
    {
        const string one = "RANK=0 WORLD_SIZE=2 LOCAL_WORLD_SIZE=2 MASTER_ADDR=localhost MASTER_PORT=29500 TORCHELASTIC_RUN_ID=";
        var longName = new string('j', 200);

        var (first, second) = (Read(one + longName).Address.Path, Read(one + longName).Address.Path);
        Assert.That(first, Has.Length.LessThan(108).And.EqualTo(second));
        Assert.That(Read(one + longName + "1").Address, Is.Not.EqualTo(Read(one + longName + "2").Address));
        Assert.That(Read(one + "a TORCHELASTIC_RESTART_COUNT=0").Address, Is.Not.EqualTo(Read(one + "a TORCHELASTIC_RESTART_COUNT=1").Address));
    }

    // Two launches that are given one address must not mix: a group has ranks of one launch alone.
    [TestCase(Torch, "torchrun-run")]
    // Each machine's torchrun counts its own restarts.
    [TestCase(Torch + "TORCHELASTIC_RESTART_COUNT=1", "torchrun-run")]
    [TestCase("RANK=5 WORLD_SIZE=8 MASTER_ADDR=node01 MASTER_PORT=29500", "default")]
    [TestCase(OpenMpi, "openmpi-prterun-node01-17@1")]
    [TestCase("OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=2 FUSION_RENDEZVOUS=tcp:a:1", "default")]
    [TestCase("PMI_RANK=1 PMI_SIZE=2 FUSION_RENDEZVOUS=tcp:a:1", "default")]
    [TestCase(SlurmOfTwo, "slurm-1234-2")]
    [TestCase(SlurmOfTwo + "FUSION_RENDEZVOUS=tcp:a:1", "slurm-1234-2")]
    [TestCase(SlurmOfTwo + "FUSION_GROUP=mine", "mine")]
    [TestCase("FUSION_RANK=1 FUSION_WORLD_SIZE=2 FUSION_RENDEZVOUS=unix:@a", "default")]
    public void NameTheGroupAfterTheLaunch(string variables, string group) => Assert.That(Read(variables).Name, Is.EqualTo(group));

    [Test]
    public void OfTwoJobsOfOpenMpiThatHaveOneNumberNameTwoSockets()
    {
        const string job = "OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=2 OMPI_COMM_WORLD_LOCAL_SIZE=2 OMPI_MCA_ess_base_jobid=77 OMPI_MCA_orte_jobfam_session_dir=/tmp/ompi.node01.0/pid.";

        Assert.That(Read(job + "17").Address, Is.Not.EqualTo(Read(job + "18").Address));
    }

    [Test]
    public void GiveStepsOfAJobPortsOfTheirOwn()
    {
        var steps = Enumerable.Range(0, 64).Select(step => Slurm.Port(123456, (uint)step)).ToList();

        Assert.That(steps, Is.Unique);
        Assert.That(steps.Concat([Slurm.Port(ulong.MaxValue, uint.MaxValue)]), Is.All.InRange(20000, 27999));
        Assert.That(Enumerable.Range(1000, 8000).Select(job => Slurm.Port((ulong)job, 0)), Is.Unique);
    }
}
