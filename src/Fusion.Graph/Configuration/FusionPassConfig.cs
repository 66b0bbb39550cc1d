using System.Collections.Immutable;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>Which passes run, and up to which size an all-reduce is fused. Immutable.</summary>
public sealed record FusionPassConfig
{
    /// <summary>All passes, no size limit but the policy's.</summary>
    public static FusionPassConfig Default { get; } = new();

    /// <summary>No pass: each op as the model has it.</summary>
    public static FusionPassConfig Off { get; } = new()
    {
        NoOpElimination = false,
        AddNormFusion = false,
        NormQuantFusion = false,
        AllReduceFusion = false,
        DeadCode = false,
    };

    /// <summary>Whether ops that change nothing are removed. The fusions need it where such ops stand between.</summary>
    public bool NoOpElimination { get; init; } = true;

    /// <summary>Whether residual add and norm become one op.</summary>
    public bool AddNormFusion { get; init; } = true;

    /// <summary>Whether norm and quantization become one op.</summary>
    public bool NormQuantFusion { get; init; } = true;

    /// <summary>Whether an all-reduce and what follows it become one op.</summary>
    public bool AllReduceFusion { get; init; } = true;

    /// <summary>Whether what nobody uses is removed.</summary>
    public bool DeadCode { get; init; } = true;

    /// <summary>By world size, the most MiB of an all-reduce's input (tokens × hidden size × element size) up to which it runs
    /// fused; beyond, as separate kernels, with the same bits. A world size that is not there has no limit but the
    /// policy's.</summary>
    public ImmutableSortedDictionary<int, double> MaxSizeMb { get; init; } = ImmutableSortedDictionary<int, double>.Empty;

    /// <summary>Which strategy for which size; null for the built-in policy.</summary>
    public AllReducePolicy? Policy { get; init; }

    /// <summary>What a file asks for that Fusion does not have, a sentence each (FUSION5010): passes of vLLM that are on in it.</summary>
    public ImmutableArray<string> Warnings { get; internal init; } = [];

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file: JSON, comments allowed. A policy file that it names is looked for beside it.</param>
    /// <exception cref="PassConfigException">It cannot be read, or is wrong; the message names the field.</exception>
    /// <exception cref="PolicyException">The policy file is wrong.</exception>
    public static FusionPassConfig Load(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            return PassConfigFile.Parse(File.ReadAllText(path), path, Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new PassConfigException(path, "", $"it cannot be read: {e.Message.TrimEnd('.')}", e);
        }
    }

    /// <summary>Reads JSON.</summary>
    /// <param name="json">An object with the fields of this class, or the names that vLLM's <c>pass_config</c> has for
    /// them. Its passes that Fusion does not have are told in <see cref="Warnings"/>.</param>
    /// <exception cref="PassConfigException">It is wrong; the message names the field.</exception>
    /// <exception cref="PolicyException">The policy file that it names is wrong.</exception>
    public static FusionPassConfig Parse(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        return PassConfigFile.Parse(json, "JSON", Environment.CurrentDirectory);
    }

    /// <summary>The size limit in bytes; null for none.</summary>
    /// <param name="worldSize">Number of ranks.</param>
    internal long? MaxBytes(int worldSize) =>
        MaxSizeMb.TryGetValue(worldSize, out var megabytes) ? (long)Math.Min(megabytes * 1024 * 1024, long.MaxValue / 2) : null;
}
