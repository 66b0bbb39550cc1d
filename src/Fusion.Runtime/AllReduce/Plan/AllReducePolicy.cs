using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Limits by which the strategy of a call is chosen from its size. Immutable.</summary>
/// <remarks>A policy has rows of its own and, for what they do not cover, the built-in ones (<see cref="Default"/>), whose
/// limits and sources are in DefaultPolicyRows.cs. Of the rows that fit a group, the one with the nearest architecture
/// counts, then one that names the world size, then one that names the topology.</remarks>
public sealed class AllReducePolicy
{
    private readonly IReadOnlyList<AllReducePolicyRow> own;

    private AllReducePolicy(IReadOnlyList<AllReducePolicyRow> own) => this.own = own;

    /// <summary>Policy of the built-in rows alone.</summary>
    public static AllReducePolicy Default { get; } = new([]);

    /// <summary>Rows of this policy, which come before the built-in ones.</summary>
    public IReadOnlyList<AllReducePolicyRow> Rows => own;

    /// <summary>Makes a policy with the same limits for every group.</summary>
    /// <param name="oneShotUpTo">Largest input tensor for one-shot, in bytes; 0 for never.</param>
    /// <param name="twoShotUpTo">Largest input tensor for two-shot, in bytes, at least <paramref name="oneShotUpTo"/>; null
    /// for all that the workspace holds.</param>
    /// <exception cref="FusionDataException">A limit is negative, or two-shot's is less than one-shot's.</exception>
    public static AllReducePolicy WithLimits(long oneShotUpTo, long? twoShotUpTo = null) => Default.With(
        new AllReducePolicyRow { OneShotUpTo = oneShotUpTo, TwoShotUpTo = twoShotUpTo, Source = "limits set in code" });

    /// <summary>Reads a policy file, such as <see cref="Save"/> writes.</summary>
    /// <param name="path">Path of the file, which is JSON and may have comments.</param>
    /// <exception cref="FusionDataException">The file cannot be read, or is wrong; the message names line and field.</exception>
    public static AllReducePolicy Load(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            return new(PolicyFile.Parse(File.ReadAllBytes(path), path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw DataErrors.Policy(path, 0, "", $"it cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Makes a policy with one more row, which replaces a row of this policy for the same groups.</summary>
    /// <param name="row">The row.</param>
    /// <exception cref="FusionDataException">A field of the row is wrong.</exception>
    public AllReducePolicy With(AllReducePolicyRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        return row.Fault is { } fault
            ? throw DataErrors.Policy(null, 0, fault.Field, fault.Problem)
            : new([.. own.Where(other => !other.IsForSameAs(row)), row]);
    }

    /// <summary>Writes <see cref="Rows"/> to a file, and replaces one that exists.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The process may not write the file.</exception>
    public void Save(string path) => File.WriteAllBytes(path, PolicyFile.Write(own));

    /// <summary>Finds the row that counts for a group.</summary>
    /// <param name="gpu">Compute capability of the GPUs.</param>
    /// <param name="topology">Topology of the group.</param>
    /// <param name="worldSize">World size.</param>
    /// <returns>The row; null for a world size that has none.</returns>
    public AllReducePolicyRow? RowFor(ComputeCapability gpu, GroupTopology topology, int worldSize) =>
        Best(own, gpu, topology, worldSize) ?? Best(DefaultPolicyRows.All, gpu, topology, worldSize);

    private static AllReducePolicyRow? Best(
        IEnumerable<AllReducePolicyRow> rows, ComputeCapability gpu, GroupTopology topology, int worldSize) => rows
        .Where(row => row.Fit(gpu, topology, worldSize) >= 0)
        .MaxBy(row => row.Fit(gpu, topology, worldSize));
}
