using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>A call and what it runs on: everything that its plan depends on.</summary>
public sealed record PlanRequest
{
    /// <summary>Compute capability of the GPUs: 9.0 for an H100 or H200. Ignored on the CPU.</summary>
    public ComputeCapability Capability { get; init; }

    /// <summary>Product name of the GPUs (<see cref="GpuDevice.Name"/>), for rows of the policy that name one; null if it is unknown,
    /// or if they have several.</summary>
    public string? Gpu { get; init; }

    /// <summary>Topology of the group: where the ranks are.</summary>
    public GroupTopology Topology { get; init; }

    /// <summary>World size: 2 to 8, or 16 ranks.</summary>
    public required int WorldSize { get; init; }

    /// <summary>Number of tokens of the call.</summary>
    public required int Tokens { get; init; }

    /// <summary>Largest number of tokens of a call, for which the workspace is made.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>Largest size of a rank's workspace in bytes (<see cref="AllReduceOptions.WorkspaceLimitBytes"/>).</summary>
    public long WorkspaceLimitBytes { get; init; } = AllReduceOptions.DefaultWorkspaceLimitBytes;

    /// <summary>Number of elements of a token (hidden size): a multiple of 8 from 8 to 32768.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Type of the input: bf16, f16 or f32.</summary>
    public ElementType DataType { get; init; } = ElementType.BFloat16;

    /// <summary>Quantization of a call whose <see cref="Epilogue"/> is left open. It limits which shapes are allowed, and never
    /// changes the strategy.</summary>
    public QuantizationKind Quantization { get; init; }

    /// <summary>Number of elements that share a scale in per-group FP8, for a call whose <see cref="Epilogue"/> is left
    /// open.</summary>
    public int GroupSize { get; init; } = 128;

    /// <summary>Epilogue of the call, with its quantization; null if it is left open. It decides which kernels compiled for one model fit, and
    /// never changes the strategy.</summary>
    public AllReduceEpilogue? Epilogue { get; init; }

    /// <summary>Kernels compiled for one model that may be used; none by default.</summary>
    public AllReduceKernels Kernels { get; init; } = AllReduceKernels.BuiltIn;

    /// <summary>Limits by which the strategy is chosen from the size of the call.</summary>
    public AllReducePolicy Policy { get; init; } = AllReducePolicy.Default;

    /// <summary>Number of ranks of each machine, for an operation that was asked to sum in two levels
    /// (<see cref="AllReduceOptions.TwoLevel"/>) in a group of several machines; 0 for all others.</summary>
    public int RanksOfAMachine { get; init; }

    /// <summary>Strategy to use; null to let the policy choose.</summary>
    public AllReduceStrategy? Strategy { get; init; }
}
