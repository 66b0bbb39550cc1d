using System.Text.Json.Serialization;

namespace Fusion.Runtime;

/// <summary>Where the ranks of a group are.</summary>
public enum GroupTopology
{
    /// <summary>Each on a GPU of its own, all of which reach each other's memory.</summary>
    [JsonStringEnumMemberName("gpus")]
    Gpus,

    /// <summary>All on one GPU.</summary>
    [JsonStringEnumMemberName("loopback")]
    Loopback,

    /// <summary>All on the CPU, which needs no GPU and exchanges nothing.</summary>
    [JsonStringEnumMemberName("cpu")]
    Cpu,
}
