using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Limits by which the strategy of a call is chosen from its size. Immutable.</summary>
/// <remarks>A policy has rows of its own and, for what they do not cover, the built-in ones (<see cref="Default"/>), whose
/// limits and sources are in DefaultPolicyRows.cs. Of the rows that fit a group, the one that names the GPU counts, then the one
/// with the nearest architecture, then one that names the world size, then one that names the topology.</remarks>
public sealed class AllReducePolicy
{
    private readonly IReadOnlyList<AllReducePolicyRow> own;
    private readonly string? tunedIn;

    private AllReducePolicy(IReadOnlyList<AllReducePolicyRow> own, string? tunedIn = null) => (this.own, this.tunedIn) = (own, tunedIn);

    /// <summary>Policy of the built-in rows alone.</summary>
    public static AllReducePolicy Default { get; } = new([]);

    /// <summary>Policy of the limits that <c>fusion tune</c> measured for this machine's GPUs and wrote into the user's
    /// configuration folder, and the built-in ones for all else. Plans name the file, or say that there is none.</summary>
    /// <remarks>The files are read each time, and the driver starts. The folder is <c>fusion/policies</c> in
    /// <see cref="Environment.SpecialFolder.ApplicationData"/>, or what the variable <c>FUSION_POLICY_PATH</c> names. Its limits
    /// hold for groups whose GPUs all have the name that was measured.</remarks>
    /// <exception cref="FusionDataException">A file for a GPU of this machine cannot be read, or is wrong.</exception>
    /// <exception cref="GpuException">There is a driver, but it does not start.</exception>
    public static AllReducePolicy Tuned => TunedPolicies.Read(GpuDevice.GetAll().Select(gpu => gpu.Name), TunedPolicies.Folder);

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
            : new([.. own.Where(other => !other.IsForSameAs(row)), row], tunedIn);
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
    /// <param name="name">Product name of the GPUs (<see cref="GpuDevice.Name"/>); null if it is unknown or they have several, for
    /// which no row that names a GPU counts.</param>
    /// <returns>The row; null for a world size that has none.</returns>
    public AllReducePolicyRow? RowFor(ComputeCapability gpu, GroupTopology topology, int worldSize, string? name = null)
    {
        if (Best(own, gpu, topology, worldSize, name) is { } found) return found;
        var builtIn = Best(DefaultPolicyRows.All, gpu, topology, worldSize, name);
        return builtIn is null || tunedIn is null ? builtIn : builtIn with
        {
            Source = $"{builtIn.Source}; {tunedIn} has no limits tuned for {name ?? "GPUs of no one name"}",
        };
    }

    /// <summary>Makes the policy of rows that were tuned.</summary>
    /// <param name="rows">Rows without a fault, no two of them for the same groups.</param>
    /// <param name="folder">Folder of the files, in words, which plans name where no row fits.</param>
    internal static AllReducePolicy OfTuned(IReadOnlyList<AllReducePolicyRow> rows, string folder) => new(rows, folder);

    private static AllReducePolicyRow? Best(
        IEnumerable<AllReducePolicyRow> rows, ComputeCapability gpu, GroupTopology topology, int worldSize, string? name) => rows
        .Where(row => row.Fit(gpu, topology, worldSize, name) >= 0)
        .MaxBy(row => row.Fit(gpu, topology, worldSize, name));
}
