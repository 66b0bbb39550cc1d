using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Layout of a rank's workspace, into which its peers write. Allocation, admission of calls and errors take sizes
/// and capacity from here.</summary>
/// <remarks>A workspace is a control block and two buffers, which successive calls use in turn, each for either strategy.
/// <list type="bullet">
/// <item>One-shot: a slot for each peer, with all tokens.</item>
/// <item>Two-shot: a slot for each peer, with the tokens that this rank sums, then all summed tokens.</item>
/// </list></remarks>
/// <param name="Ranks">World size.</param>
/// <param name="HiddenSize">Number of elements of a token.</param>
/// <param name="DataType">Type of the elements.</param>
/// <param name="MaxTokens">Largest number of tokens of a two-shot, and of any call.</param>
/// <param name="MaxOneShotTokens">Largest number of tokens of a one-shot.</param>
internal readonly record struct WorkspaceLayout(
    int Ranks, int HiddenSize, ElementType DataType, int MaxTokens, int MaxOneShotTokens)
{
    /// <summary>Size of the control block before the first buffer, in bytes.</summary>
    public const int ControlBytes = KernelLimits.ControlBytes;

    /// <summary>Alignment of every offset and size, in bytes.</summary>
    public const int Alignment = 256;

    /// <summary>Number of buffers of a workspace.</summary>
    public const int Buffers = KernelLimits.Buffers;

    /// <summary>Whether ranks have a workspace, which those on the CPU have not.</summary>
    public bool Exists { get; private init; }

    /// <summary>Size of a token in bytes.</summary>
    public long TokenBytes => DeviceTensor.ByteCount(DataType, HiddenSize);

    /// <summary>Size of a peer's slot in one-shot, in bytes.</summary>
    public long OneShotSlotBytes => MaxOneShotTokens * TokenBytes;

    /// <summary>Size of a peer's slot in two-shot, in bytes: the tokens that this rank owns.</summary>
    public long TwoShotSlotBytes => DivideUp(MaxTokens, Ranks) * TokenBytes;

    /// <summary>Offset in a buffer at which the summed tokens of two-shot start, in bytes.</summary>
    public long GatherOffset => RoundUp((Ranks - 1) * TwoShotSlotBytes);

    /// <summary>Size of a buffer in bytes, enough for the larger strategy; 0 for a rank alone.</summary>
    public long BufferBytes =>
        Exists && Ranks > 1 ? RoundUp(Math.Max((Ranks - 1) * OneShotSlotBytes, GatherOffset + (MaxTokens * TokenBytes))) : 0;

    /// <summary>Size of each rank's workspace in bytes.</summary>
    public long Bytes => Exists ? ControlBytes + (Buffers * BufferBytes) : 0;

    /// <summary>Makes the layout for ranks on GPUs.</summary>
    /// <param name="ranks">World size.</param>
    /// <param name="hidden">Number of elements of a token.</param>
    /// <param name="type">Type of the elements.</param>
    /// <param name="maxTokens">Largest number of tokens of a call.</param>
    /// <param name="maxOneShotTokens">Largest number of tokens of a one-shot, 0 to <paramref name="maxTokens"/>.</param>
    public static WorkspaceLayout For(int ranks, int hidden, ElementType type, int maxTokens, int maxOneShotTokens)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxOneShotTokens);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxOneShotTokens, maxTokens);
        return new(ranks, hidden, type, maxTokens, maxOneShotTokens) { Exists = true };
    }

    /// <summary>Makes the layout for an operation, whose policy says how many tokens a one-shot may have.</summary>
    /// <param name="request">An operation without a fault (<see cref="PlanRules"/>); tokens and forced strategy are
    /// ignored.</param>
    public static WorkspaceLayout For(PlanRequest request)
    {
        var (ranks, hidden, type, tokens) = (request.WorldSize, request.HiddenSize, request.DataType, request.MaxTokens);
        if (request.Topology == GroupTopology.Cpu) return new(ranks, hidden, type, tokens, tokens);
        var upTo = request.Policy.RowFor(request.Capability, request.Topology, ranks, request.Gpu)?.OneShotUpTo ?? 0;
        return For(ranks, hidden, type, tokens, (int)Math.Min(tokens, upTo / DeviceTensor.ByteCount(type, hidden)));
    }

    /// <summary>Gets the largest number of tokens of a call.</summary>
    /// <param name="strategy">Strategy of the call.</param>
    public int Capacity(AllReduceStrategy strategy) => strategy switch
    {
        AllReduceStrategy.OneShot => MaxOneShotTokens,
        // The plain all-reduce of the separate strategy needs no more than two-shot.
        AllReduceStrategy.TwoShot or AllReduceStrategy.Separate => MaxTokens,
        _ => 0,
    };

    private static long DivideUp(long value, long by) => (value + by - 1) / by;

    private static long RoundUp(long bytes) => DivideUp(bytes, Alignment) * Alignment;
}
