namespace Fusion.Runtime;

/// <summary>Options of an <see cref="AllReduce"/>: shapes, type, policy, timeout, library and kernels.</summary>
public sealed record AllReduceOptions
{
    /// <summary>Default of <see cref="WorkspaceLimitBytes"/>: 64 MiB.</summary>
    public const long DefaultWorkspaceLimitBytes = 64 * 1024 * 1024;

    /// <summary>Number of elements of a token (hidden size): a multiple of 8 from 8 to 32768.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Largest number of tokens of a call, 1 or more. The workspace is allocated for it, up to
    /// <see cref="WorkspaceLimitBytes"/>.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>Largest size of a rank's workspace in bytes, more than zero; 64 MiB by default. Calls that need more are done in
    /// pieces of at least 128 tokens, a launch each, with the same results; a workspace for 128 tokens of
    /// very long rows may be larger. Ranks on the CPU have no workspace.</summary>
    public long WorkspaceLimitBytes { get; init; } = DefaultWorkspaceLimitBytes;

    /// <summary>Type of inputs, sums, residuals and norms: bf16, f16 or f32.</summary>
    public ElementType DataType { get; init; } = ElementType.BFloat16;

    /// <summary>Limits by which the strategy of a call is chosen from its size; null for the defaults of the architecture
    /// and world size, <see cref="AllReducePolicy.Tuned"/> for those that <c>fusion tune</c> measured here.</summary>
    public AllReducePolicy? Policy { get; init; }

    /// <summary>Longest time that a rank waits for the others in a call before it gives up with a
    /// <see cref="PeerTimeoutException"/>: more than zero, and never infinite; 10 seconds by default. Where NCCL sums
    /// between processes, it is the longest time of a whole sum, from when the rank's GPU has come to it.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Library that does the plain all-reduce of <see cref="AllReduceStrategy.Separate"/>; null for the built-in
    /// one or, where ranks do not all reach each other's memory (<see cref="GroupTopology.Machines"/>), for an <see cref="NcclAllReduce"/> that
    /// such operations of the group share. Ranks on the CPU ignore it.</summary>
    public ILibraryAllReduce? Library { get; init; }

    /// <summary>Whether a group of several machines (<see cref="GroupTopology.Machines"/>) sums in two levels
    /// (<see cref="AllReduceStrategy.TwoLevel"/>): the ranks of each machine through memory, the machines by NCCL. False by default: NCCL sums over all
    /// ranks. Which is faster was not measured. Each machine must have as many ranks; where each has one, NCCL sums over all. Groups of
    /// one machine ignore it. <see cref="Library"/> is then null or an <see cref="NcclAllReduce"/>, whose library is used.</summary>
    public bool TwoLevel { get; init; }

    /// <summary>Largest number of tokens, 0 or more, of calls behind which the next kernel of the stream may start as soon as the operation's own has, where it is
    /// launched so (<see cref="LaunchShape.ProgrammaticLaunch"/>): it can then read weights while the ranks exchange. 0, the default, for none: the
    /// next kernel may start when all ranks have come. Set it only where nothing else that waits for other ranks or GPUs runs on these GPUs at the same
    /// time, in another stream or another process: a kernel that starts early keeps its room on the GPU while it waits, and an operation that finds no
    /// room keeps its peers waiting until they time out. One-shot alone heeds it, and only where no ranks share a GPU.</summary>
    public int StartsNextEarlyTokens { get; init; }

    /// <summary>Kernels compiled for one model that may be used; null for <see cref="AllReduceKernels.GetRegistered"/>, those
    /// of all assemblies that registered themselves. A call that none of them fits is done by the built-in kernels, with the
    /// same bits.</summary>
    public AllReduceKernels? Kernels { get; init; }
}
