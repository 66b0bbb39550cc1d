using System.Text.Json.Serialization;

namespace Fusion.Runtime;

/// <summary>Topology of a group: where its ranks are.</summary>
public enum GroupTopology
{
    /// <summary>Ranks on several GPUs, which reach each other's memory.</summary>
    [JsonStringEnumMemberName("gpus")]
    Gpus,

    /// <summary>All ranks on one GPU.</summary>
    [JsonStringEnumMemberName("loopback")]
    Loopback,

    /// <summary>All ranks on the CPU, where nothing is exchanged.</summary>
    [JsonStringEnumMemberName("cpu")]
    Cpu,

    /// <summary>Ranks on GPUs that do not all reach each other's memory, as those of several machines. NCCL or another library sums
    /// (<see cref="AllReduceOptions.Library"/>), and separate kernels do what follows; NCCL gathers too
    /// (<see cref="CollectivesOptions.Nccl"/>).</summary>
    [JsonStringEnumMemberName("machines")]
    Machines,
}
