using Fusion.CublasLt;
using Fusion.Graph;

namespace Llama.Gpu;

/// <summary>How the all-reduces of a runner are done.</summary>
public enum AllReduceKind
{
    /// <summary>Fused with what follows them, as the passes find it.</summary>
    Fused,

    /// <summary>By the same exchange, and what follows (residual, norm, quantization) by one kernel of its own.</summary>
    Separate,

    /// <summary>By NCCL, and what follows by one kernel of its own.</summary>
    Nccl,
}

/// <summary>Options of a <see cref="GpuModelRunner"/>: all-reduces, passes, recorded sizes, timeout, matmuls.</summary>
public sealed record GpuRunnerOptions
{
    /// <summary>How the all-reduces are done; fused by default.</summary>
    public AllReduceKind AllReduce { get; init; }

    /// <summary>Configuration of the passes; null for all. Where all-reduces are not to be fused, that pass is off.</summary>
    public FusionPassConfig? Passes { get; init; }

    /// <summary>Numbers of rows for which steps are recorded as CUDA graphs, each at its first use; a step is padded to the smallest
    /// one that holds its tokens. Null for powers of two: from 1 up to the most sequences for steps of decode alone, and from there up
    /// to 512 for all others, which are of 64 rows or more. Empty for none. With one number, which is the most sequences or more,
    /// all steps of decode have the same matmuls, so that cuBLASLt gives a sequence the same bits whatever is beside it.</summary>
    public IReadOnlyList<int>? Buckets { get; init; }

    /// <summary>Longest time that a rank waits for the others in an exchange; 10 seconds by default. NCCL's kernels wait until
    /// <see cref="GpuModelRunner.Recover"/> aborts them.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Kernels that do the matmuls.</summary>
    public MatmulKernels Matmuls { get; init; }

    /// <summary>Options of cuBLASLt; null for the defaults.</summary>
    public MatmulOptions? Matmul { get; init; }

    /// <summary>Largest number of rows of a matmul that kernels for few rows do, as <see cref="CompileOptions.SkinnyRows"/> says; null
    /// for its default.</summary>
    public int? SkinnyRows { get; init; }

    /// <summary>Path of NCCL for <see cref="AllReduceKind.Nccl"/>; null for what the runtime finds.</summary>
    public string? NcclPath { get; init; }

    /// <summary>Seed of random weights.</summary>
    public int Seed { get; init; } = 1;
}
