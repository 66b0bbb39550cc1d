using System.Collections.Immutable;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>Configuration of the passes: which of them run, and up to which size an all-reduce is fused.
/// Immutable.</summary>
public sealed record FusionPassConfig
{
    /// <summary>Configuration with all passes on, and no size limit but the policy's.</summary>
    public static FusionPassConfig Default { get; } = new();

    /// <summary>Configuration with all passes off, so that each op runs as the model has it.</summary>
    public static FusionPassConfig Off { get; } = new()
    {
        NoOpElimination = false,
        AddNormFusion = false,
        NormQuantFusion = false,
        AllReduceFusion = false,
        DeadCode = false,
    };

    /// <summary>Whether ops that change nothing are removed. The fusions need it where such ops are between others; on by
    /// default.</summary>
    public bool NoOpElimination { get; init; } = true;

    /// <summary>Whether residual add and norm become one op; on by default.</summary>
    public bool AddNormFusion { get; init; } = true;

    /// <summary>Whether norm and quantization become one op; on by default.</summary>
    public bool NormQuantFusion { get; init; } = true;

    /// <summary>Whether an all-reduce and what follows it become one op; on by default.</summary>
    public bool AllReduceFusion { get; init; } = true;

    /// <summary>Whether ops and results that nothing uses are removed; on by default.</summary>
    public bool DeadCode { get; init; } = true;

    /// <summary>Largest input of a fused all-reduce (tokens × hidden size × element size) in MiB, by world size. A larger
    /// one is done by <see cref="AllReduceStrategy.Separate"/>, with the same bits. A world size without an entry has no
    /// limit but the policy's.</summary>
    public ImmutableSortedDictionary<int, double> MaxSizeMb { get; init; } = ImmutableSortedDictionary<int, double>.Empty;

    /// <summary>Limits by which the strategy is chosen from the size; null for the built-in policy.</summary>
    public AllReducePolicy? Policy { get; init; }

    /// <summary>Warnings about passes of vLLM that are on in a file but that Fusion does not have, one sentence each
    /// (FUSION5010).</summary>
    public ImmutableArray<string> Warnings { get; internal init; } = [];

    /// <summary>Reads a configuration from a file.</summary>
    /// <param name="path">Path of the file, which is JSON and may have comments. The path of a policy file in it is relative
    /// to its folder.</param>
    /// <exception cref="FusionDataException">The file cannot be read, or is wrong; the message names the field.</exception>
    /// <exception cref="FusionDataException">The policy file is wrong.</exception>
    public static FusionPassConfig Load(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            return PassConfigFile.Parse(File.ReadAllText(path), path, Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw GraphErrors.PassConfig(path, 0, "", $"it cannot be read: {e.Message.TrimEnd('.')}", e);
        }
    }

    /// <summary>Reads a configuration from JSON.</summary>
    /// <param name="json">An object with the fields of this class, or with the names that vLLM's <c>pass_config</c> has for
    /// them. Passes of vLLM that Fusion does not have give <see cref="Warnings"/>.</param>
    /// <exception cref="FusionDataException">The JSON is wrong; the message names the field.</exception>
    /// <exception cref="FusionDataException">The policy file that it names is wrong.</exception>
    public static FusionPassConfig Parse(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        return PassConfigFile.Parse(json, "JSON", Environment.CurrentDirectory);
    }

    /// <summary>Gets the size limit in bytes; null for none.</summary>
    /// <param name="worldSize">World size.</param>
    internal long? MaxBytes(int worldSize) =>
        MaxSizeMb.TryGetValue(worldSize, out var megabytes) ? (long)Math.Min(megabytes * 1024 * 1024, long.MaxValue / 2) : null;
}
