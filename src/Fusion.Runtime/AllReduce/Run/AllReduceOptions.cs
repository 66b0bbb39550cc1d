namespace Fusion.Runtime;

/// <summary>What an <see cref="AllReduce"/> is made for.</summary>
public sealed record AllReduceOptions
{
    /// <summary>Elements of a token: a multiple of 8 from 8 to 32768.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>The most tokens of a call.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>Type of inputs, sums, residuals and norms: bf16, f16 or f32.</summary>
    public ElementType DataType { get; init; } = ElementType.BFloat16;

    /// <summary>Which strategy for which size; null for the defaults of the architecture and world size.</summary>
    public AllReducePolicy? Policy { get; init; }

    /// <summary>The longest that a rank waits for the others in a call before it gives up with a
    /// <see cref="PeerTimeoutException"/>.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>What sums where the plan is <see cref="AllReduceStrategy.Separate"/>; null for our own two-shot. Ranks on the
    /// CPU never use it.</summary>
    public ILibraryAllReduce? Library { get; init; }

    /// <summary>The kernels that are compiled for one model and may be used; null for those of all assemblies that registered
    /// themselves, <see cref="AllReduceKernels.Registered"/>. Calls that none of them fits have the built-in kernels, with the same
    /// bits.</summary>
    public AllReduceKernels? Kernels { get; init; }
}
