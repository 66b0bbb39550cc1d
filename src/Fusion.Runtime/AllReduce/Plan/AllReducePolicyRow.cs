using System.Text.Json.Serialization;
using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Up to which size which strategy is used, in bytes of the input tensor (tokens × hidden size × element size).
/// Beyond both limits: <see cref="AllReduceStrategy.Separate"/>.</summary>
public sealed record AllReducePolicyRow
{
    /// <summary>The GPUs that this is for: <c>sm_90</c>, and later ones of that generation that have no row of their own;
    /// null for all that no other row names.</summary>
    public string? Architecture { get; init; }

    /// <summary>The groups that this is for; null for all.</summary>
    public GroupTopology? Topology { get; init; }

    /// <summary>The number of ranks that this is for; null for all that no other row names.</summary>
    public int? WorldSize { get; init; }

    /// <summary>The most bytes for one-shot; 0 for never. The workspace is made to hold them.</summary>
    public required long OneShotUpTo { get; init; }

    /// <summary>The most bytes for two-shot, at least <see cref="OneShotUpTo"/>; null for all that the workspace
    /// holds.</summary>
    public long? TwoShotUpTo { get; init; }

    /// <summary>Where the limits come from, in a few words; plans quote it.</summary>
    public string Source
    {
        get;
        // Deserialized without the field, it is set to null.
        init => field = value ?? "";
    } = "";

    /// <summary>What is wrong with it: a field and why; null if nothing is.</summary>
    [JsonIgnore]
    internal (string Field, string Problem)? Fault
    {
        get
        {
            if (Architecture is not null && !IsChip(Architecture, out _))
                return ("architecture", $"'{Architecture}' is no GPU: expected sm_80, sm_90, sm_100 or the like");
            if (WorldSize is { } ranks && !AllReduceVocabulary.IsWorldSize(ranks))
                return ("worldSize", $"{ranks} is none of the world sizes {AllReduceVocabulary.WorldSizeWords}");
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

    /// <summary>How well this row fits; the greatest is used.</summary>
    /// <returns>-1 if it does not fit; else a number that puts architecture before world size before topology.</returns>
    internal int Fit(ComputeCapability gpu, GroupTopology topology, int worldSize)
    {
        if (Topology is { } place && place != topology) return -1;
        if (WorldSize is { } ranks && ranks != worldSize) return -1;
        var architecture = 0;
        if (Architecture is not null)
        {
            if (!IsChip(Architecture, out var chip) || chip.Major != gpu.Major || chip > gpu) return -1;
            architecture = 1 + chip.Minor;
        }

        return (architecture * 4) + (WorldSize is null ? 0 : 2) + (Topology is null ? 0 : 1);
    }

    /// <summary>Whether two rows are for the same groups.</summary>
    internal bool IsForSameAs(AllReducePolicyRow other) =>
        (Architecture, Topology, WorldSize) == (other.Architecture, other.Topology, other.WorldSize);

    /// <summary>What this row is for, in words.</summary>
    internal string ForWhat() => string.Join(", ",
        Architecture ?? "any GPU",
        WorldSize is { } ranks ? $"{ranks} ranks" : "any world size",
        Topology switch
        {
            null => "anywhere",
            GroupTopology.Gpus => "a GPU each",
            GroupTopology.Loopback => "one GPU",
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
