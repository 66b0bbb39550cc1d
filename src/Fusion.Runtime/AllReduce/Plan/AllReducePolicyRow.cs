using System.Text.Json.Serialization;
using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Limits of one-shot and two-shot for some groups, in bytes of the input tensor (tokens × hidden size × element
/// size). Beyond both limits a call is done by <see cref="AllReduceStrategy.Separate"/>.</summary>
public sealed record AllReducePolicyRow
{
    // More than any architecture, world size and topology amount to.
    private const int NamesGpu = 1 << 10;

    /// <summary>Architecture of the row, such as <c>sm_90</c>, which covers later ones of that generation without a row of
    /// their own; null for all that no other row names.</summary>
    public string? Architecture { get; init; }

    /// <summary>Product name of the GPUs of the row (<see cref="GpuDevice.Name"/>), which comes before the architecture; null for
    /// all.</summary>
    public string? Gpu { get; init; }

    /// <summary>Topology of the row; null for all.</summary>
    public GroupTopology? Topology { get; init; }

    /// <summary>World size of the row; null for all that no other row names.</summary>
    public int? WorldSize { get; init; }

    /// <summary>Largest input tensor for one-shot, in bytes; 0 for never. The workspace is made large enough for
    /// it.</summary>
    public required long OneShotUpTo { get; init; }

    /// <summary>Largest input tensor for two-shot, in bytes, at least <see cref="OneShotUpTo"/>; null for all that the
    /// workspace holds.</summary>
    public long? TwoShotUpTo { get; init; }

    /// <summary>Source of the limits, in a few words, which plans quote.</summary>
    public string Source
    {
        get;
        // The deserializer sets null where the field is missing.
        init => field = value ?? "";
    } = "";

    /// <summary>First wrong field and what is wrong with it; null if the row is right.</summary>
    [JsonIgnore]
    internal (string Field, string Problem)? Fault
    {
        get
        {
            if (Architecture is not null && !IsChip(Architecture, out _))
                return ("architecture", $"'{Architecture}' is no GPU: expected sm_80, sm_90, sm_100 or the like");
            if (WorldSize is { } ranks && !AllReduceVocabulary.IsWorldSize(ranks))
                return ("worldSize", $"{ranks} is none of the world sizes {AllReduceVocabulary.WorldSizeWords}");
            if (Gpu?.Length == 0) return ("gpu", "it is empty: expected a name such as 'NVIDIA H100 80GB HBM3', or no such field");
            if (OneShotUpTo < 0) return ("oneShotUpTo", $"{OneShotUpTo} is negative: expected bytes, 0 for never");
            if (TwoShotUpTo < OneShotUpTo)
            {
                return ("twoShotUpTo",
                    $"{TwoShotUpTo} is less than oneShotUpTo, {OneShotUpTo}: the limits are one after the other, and equal if " +
                    "two-shot is never to be used");
            }

            return null;
        }
    }

    /// <summary>Computes how well the row fits a group; the row with the largest value is used.</summary>
    /// <returns>-1 if the row does not fit; else a number that puts the GPU's name before architecture before world size before
    /// topology.</returns>
    internal int Fit(ComputeCapability gpu, GroupTopology topology, int worldSize, string? name)
    {
        if (Gpu is not null && Gpu != name) return -1;
        if (Topology is { } place && place != topology) return -1;
        if (WorldSize is { } ranks && ranks != worldSize) return -1;
        var architecture = 0;
        if (Architecture is not null)
        {
            if (!IsChip(Architecture, out var chip) || chip.Major != gpu.Major || chip > gpu) return -1;
            architecture = 1 + chip.Minor;
        }

        return (Gpu is null ? 0 : NamesGpu) + (architecture * 4) + (WorldSize is null ? 0 : 2) + (Topology is null ? 0 : 1);
    }

    /// <summary>Tells whether two rows are for the same groups.</summary>
    internal bool IsForSameAs(AllReducePolicyRow other) =>
        (Architecture, Gpu, Topology, WorldSize) == (other.Architecture, other.Gpu, other.Topology, other.WorldSize);

    /// <summary>Describes the groups of the row, for messages.</summary>
    internal string ForWhat() => string.Join(", ",
        Gpu ?? Architecture ?? "any GPU",
        WorldSize is { } ranks ? $"{ranks} ranks" : "any world size",
        Topology switch
        {
            null => "anywhere",
            GroupTopology.Gpus => "a GPU each",
            GroupTopology.Loopback => "one GPU",
            GroupTopology.Machines => "several machines",
            _ => "CPU",
        });

    private static bool IsChip(string name, out ComputeCapability chip)
    {
        var isChip = GpuArchitecture.TryParse(name, out var parsed) &&
            parsed is { IsVirtual: false, Form: ArchitectureForm.Plain };
        chip = parsed.Capability;
        return isChip;
    }
}
