using System.Globalization;
using Fusion.Manifest;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>GPUs and ranks that a report plans for, without a GPU.</summary>
public sealed record PlanTarget
{
    /// <summary>Compute capability of the GPUs, 9.0 by default; ignored on the CPU.</summary>
    public ComputeCapability Capability { get; init; } = new(9, 0);

    /// <summary>Product name of the GPUs, for policies that name one, such as <see cref="AllReducePolicy.Tuned"/>; null for
    /// none.</summary>
    public string? Gpu { get; init; }

    /// <summary>Topology of the group: where the ranks are.</summary>
    public GroupTopology Topology { get; init; }

    /// <summary>World size, 2 by default.</summary>
    public int WorldSize { get; init; } = 2;

    /// <summary>Numbers of tokens that the report plans for.</summary>
    public IReadOnlyList<int> Tokens { get; init; } = [1, 64, 1024, 8192];

    /// <summary>Plans an op's all-reduce for a number of tokens.</summary>
    /// <param name="op">An op with an all-reduce.</param>
    /// <param name="tokens">Number of tokens.</param>
    /// <param name="config">Configuration with size limits and policy.</param>
    public AllReducePlan Plan(RowOp op, int tokens, FusionPassConfig config)
    {
        ArgumentNullException.ThrowIfNull(op);
        ArgumentNullException.ThrowIfNull(config);
        var type = op.Input.Type;
        var request = new PlanRequest
        {
            Capability = Capability,
            Gpu = Gpu,
            Topology = Topology,
            WorldSize = WorldSize,
            Tokens = checked((int)type.Rows.At(tokens)),
            MaxTokens = checked((int)type.Rows.At(Math.Max(tokens, Tokens.Max()))),
            HiddenSize = type.Columns,
            DataType = type.Elements,
            Quantization = op.Quant?.Kind ?? QuantizationKind.None,
            GroupSize = op.Quant is { } quant && CallWords.Of(quant.Kind) is { TakesGroup: true } ? quant.GroupSize : 128,
            Policy = config.Policy ?? AllReducePolicy.Default,
        };
        return AllReduceDispatcher.Plan(request with { Strategy = SizeLimit.Force(op, tokens, WorldSize, config) });
    }
}

/// <summary>Applies the size limit of a configuration.</summary>
internal static class SizeLimit
{
    /// <summary>Gets the strategy that the limit forces: <see cref="AllReduceStrategy.Separate"/> for a fused op that is too
    /// large; else null.</summary>
    public static AllReduceStrategy? Force(RowOp op, int tokens, int worldSize, FusionPassConfig config) =>
        op.IsFusedAllReduce && config.MaxBytes(worldSize) is { } limit && op.Input.Type.Bytes(tokens) > limit
            ? AllReduceStrategy.Separate : null;

    /// <summary>Describes why the limit forces a strategy, as a part of a plan's reason.</summary>
    public static string Reason(RowOp op, int tokens, int worldSize, FusionPassConfig config) =>
        string.Create(CultureInfo.InvariantCulture,
            $"its {op.Input.Type.Bytes(tokens):N0} bytes are more than the configuration's limit of " +
            $"{config.MaxSizeMb[worldSize]} MiB for {worldSize} ranks");
}
