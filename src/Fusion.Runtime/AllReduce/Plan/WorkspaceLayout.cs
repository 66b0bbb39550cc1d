using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>The memory of a rank through which its peers send to it: how large, and where what lies. The one place that
/// knows capacity: the workspace is allocated by it, calls are admitted by it, errors quote it.</summary>
/// <remarks>A control block, then two buffers, of which calls use one after the other, for either protocol.
/// <list type="bullet">
/// <item>One-shot: a slot for each peer, with all tokens.</item>
/// <item>Two-shot: a slot for each peer, with the tokens that this rank sums, then all summed tokens.</item>
/// </list></remarks>
/// <param name="Ranks">World size.</param>
/// <param name="HiddenSize">Elements of a token.</param>
/// <param name="DataType">Their type.</param>
/// <param name="MaxTokens">The most tokens of a two-shot, and of any call.</param>
/// <param name="MaxOneShotTokens">The most tokens of a one-shot.</param>
internal readonly record struct WorkspaceLayout(
    int Ranks, int HiddenSize, ElementType DataType, int MaxTokens, int MaxOneShotTokens)
{
    /// <summary>Bytes of the control block before the first buffer.</summary>
    public const int ControlBytes = KernelLimits.ControlBytes;

    /// <summary>What every offset and size is a multiple of.</summary>
    public const int Alignment = 256;

    /// <summary>Number of buffers.</summary>
    public const int Buffers = KernelLimits.Buffers;

    /// <summary>Whether there is a workspace at all: not on the CPU.</summary>
    public bool Exists { get; private init; }

    /// <summary>Bytes of a token.</summary>
    public long TokenBytes => DeviceTensor.ByteCount(DataType, HiddenSize);

    /// <summary>Bytes of a peer's slot in a one-shot.</summary>
    public long OneShotSlotBytes => MaxOneShotTokens * TokenBytes;

    /// <summary>Bytes of a peer's slot in a two-shot: the tokens of which this rank is the owner.</summary>
    public long TwoShotSlotBytes => DivideUp(MaxTokens, Ranks) * TokenBytes;

    /// <summary>Where in a buffer the summed tokens of a two-shot start.</summary>
    public long GatherOffset => RoundUp((Ranks - 1) * TwoShotSlotBytes);

    /// <summary>Bytes of a buffer: what the larger protocol needs.</summary>
    public long BufferBytes =>
        Exists ? RoundUp(Math.Max((Ranks - 1) * OneShotSlotBytes, GatherOffset + (MaxTokens * TokenBytes))) : 0;

    /// <summary>Bytes of the whole workspace, on each rank.</summary>
    public long Bytes => Exists ? ControlBytes + (Buffers * BufferBytes) : 0;

    /// <summary>The workspace of a rank on a GPU.</summary>
    /// <param name="ranks">World size.</param>
    /// <param name="hidden">Elements of a token.</param>
    /// <param name="type">Their type.</param>
    /// <param name="maxTokens">The most tokens of a call.</param>
    /// <param name="maxOneShotTokens">The most tokens of a one-shot, 0 to <paramref name="maxTokens"/>.</param>
    public static WorkspaceLayout For(int ranks, int hidden, ElementType type, int maxTokens, int maxOneShotTokens)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxOneShotTokens);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxOneShotTokens, maxTokens);
        return new(ranks, hidden, type, maxTokens, maxOneShotTokens) { Exists = true };
    }

    /// <summary>The workspace of an operation: its policy says how many tokens a one-shot may have.</summary>
    /// <param name="request">An operation without a fault (<see cref="PlanRules"/>); tokens and forced strategy do not
    /// matter.</param>
    public static WorkspaceLayout For(PlanRequest request)
    {
        var (ranks, hidden, type, tokens) = (request.WorldSize, request.HiddenSize, request.DataType, request.MaxTokens);
        if (request.Topology == GroupTopology.Cpu) return new(ranks, hidden, type, tokens, tokens);
        var upTo = request.Policy.RowFor(request.Capability, request.Topology, ranks)?.OneShotUpTo ?? 0;
        return For(ranks, hidden, type, tokens, (int)Math.Min(tokens, upTo / DeviceTensor.ByteCount(type, hidden)));
    }

    /// <summary>The most tokens of a call.</summary>
    /// <param name="strategy">How it is done.</param>
    public int Capacity(AllReduceStrategy strategy) => strategy switch
    {
        AllReduceStrategy.OneShot => MaxOneShotTokens,
        // The plain all-reduce of separate kernels is a two-shot at worst.
        AllReduceStrategy.TwoShot or AllReduceStrategy.Separate => MaxTokens,
        _ => 0,
    };

    private static long DivideUp(long value, long by) => (value + by - 1) / by;

    private static long RoundUp(long bytes) => DivideUp(bytes, Alignment) * Alignment;
}
