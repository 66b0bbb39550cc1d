using System.Globalization;
using Fusion.Manifest;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>What a graph would run on, for a report that needs no GPU.</summary>
public sealed record PlanTarget
{
    /// <summary>What the GPUs are; of no account on the CPU.</summary>
    public ComputeCapability Capability { get; init; } = new(9, 0);

    /// <summary>Where the ranks are.</summary>
    public GroupTopology Topology { get; init; }

    /// <summary>Number of ranks.</summary>
    public int WorldSize { get; init; } = 2;

    /// <summary>The numbers of tokens that the report plans for.</summary>
    public IReadOnlyList<int> Tokens { get; init; } = [1, 64, 1024, 8192];

    /// <summary>How an op's all-reduce is done for a number of tokens.</summary>
    /// <param name="op">An op with an all-reduce.</param>
    /// <param name="tokens">Tokens.</param>
    /// <param name="config">Size limits and policy.</param>
    public AllReducePlan Plan(RowOp op, int tokens, FusionPassConfig config)
    {
        ArgumentNullException.ThrowIfNull(op);
        ArgumentNullException.ThrowIfNull(config);
        var type = op.Input.Type;
        var request = new PlanRequest
        {
            Capability = Capability,
            Topology = Topology,
            WorldSize = WorldSize,
            Tokens = checked((int)type.Rows.At(tokens)),
            MaxTokens = checked((int)type.Rows.At(Math.Max(tokens, Tokens.Max()))),
            HiddenSize = type.Columns,
            DataType = type.Elements,
            Quantization = op.Quant?.Kind ?? QuantizationKind.None,
            GroupSize = op.Quant is { Kind: QuantizationKind.PerGroupFp8 } quant ? quant.GroupSize : 128,
            Policy = config.Policy ?? AllReducePolicy.Default,
        };
        return AllReduceDispatcher.Plan(request with { Force = SizeLimit.Force(op, tokens, WorldSize, config) });
    }
}

/// <summary>The size limit of a configuration.</summary>
internal static class SizeLimit
{
    /// <summary>The strategy that the limit asks for: separate kernels for a fused op that is too large, else none.</summary>
    public static AllReduceStrategy? Force(RowOp op, int tokens, int worldSize, FusionPassConfig config) =>
        op.IsFusedAllReduce && config.MaxBytes(worldSize) is { } limit && op.Input.Type.Bytes(tokens) > limit
            ? AllReduceStrategy.Separate : null;

    /// <summary>Why it does, as a part of a plan's reason.</summary>
    public static string Reason(RowOp op, int tokens, int worldSize, FusionPassConfig config) =>
        string.Create(CultureInfo.InvariantCulture,
            $"its {op.Input.Type.Bytes(tokens):N0} bytes are more than the configuration's limit of " +
            $"{config.MaxSizeMb[worldSize]} MiB for {worldSize} ranks");
}
