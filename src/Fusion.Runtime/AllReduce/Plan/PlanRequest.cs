using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>All that the choice of a strategy depends on.</summary>
public sealed record PlanRequest
{
    /// <summary>What the GPUs are: 9.0 for an H100 or H200. Of no account on the CPU.</summary>
    public ComputeCapability Capability { get; init; }

    /// <summary>Where the ranks are.</summary>
    public GroupTopology Topology { get; init; }

    /// <summary>Number of ranks: 2 to 8, or 16.</summary>
    public required int WorldSize { get; init; }

    /// <summary>Tokens of the call.</summary>
    public required int Tokens { get; init; }

    /// <summary>The most tokens of a call, for which the workspace is made.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>Elements of a token: a multiple of 8 from 8 to 32768.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Type of the input: bf16, f16 or f32.</summary>
    public ElementType DataType { get; init; } = ElementType.BFloat16;

    /// <summary>Which quantization follows. It changes what is allowed, never the strategy.</summary>
    public QuantizationKind Quantization { get; init; }

    /// <summary>Elements that share a scale, of per-group FP8.</summary>
    public int GroupSize { get; init; } = 128;

    /// <summary>What follows the sum; null if that is open. It decides whether kernels fit that are compiled for one model, never
    /// the strategy.</summary>
    public AllReduceEpilogue? Epilogue { get; init; }

    /// <summary>The kernels that are compiled for one model.</summary>
    public AllReduceKernels Kernels { get; init; } = AllReduceKernels.BuiltIn;

    /// <summary>Which strategy for which size.</summary>
    public AllReducePolicy Policy { get; init; } = AllReducePolicy.Default;

    /// <summary>The strategy that is wanted in spite of the policy; null for the policy's.</summary>
    public AllReduceStrategy? Force { get; init; }
}
