using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Layout of a rank's workspace, into which its peers write. Allocation, admission of calls, their pieces and errors
/// take sizes and capacity from here.</summary>
/// <remarks>A workspace is a control block and two buffers, which successive launches use in turn, each for either strategy. Its
/// size has a limit: a call that needs more is done in pieces, a launch each.
/// <list type="bullet">
/// <item>One-shot: a slot for each peer, with all tokens.</item>
/// <item>Two-shot: a slot for each peer, with the tokens that this rank sums, then all summed tokens.</item>
/// <item>Two-level: a slot for each peer of the machine, with the part of a call that a rank sums.</item>
/// </list></remarks>
/// <param name="Ranks">World size.</param>
/// <param name="HiddenSize">Number of elements of a token.</param>
/// <param name="DataType">Type of the elements.</param>
/// <param name="MaxTokens">Largest number of tokens of any call.</param>
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

    /// <summary>Number of tokens that each piece of a call but the last is a multiple of: a whole number of tiles in every
    /// layout of scales.</summary>
    public const int PieceGranule = 128;

    /// <summary>Whether ranks have a workspace, which those on the CPU have not, nor those that do not reach each other's memory.</summary>
    public bool Exists { get; private init; }

    /// <summary>Size of a token in bytes.</summary>
    public long TokenBytes => DeviceTensor.ByteCount(DataType, HiddenSize);

    /// <summary>Largest size of a workspace in bytes.</summary>
    public long LimitBytes { get; private init; }

    /// <summary>Largest number of tokens of a launch of one-shot.</summary>
    public int OneShotPiece { get; private init; }

    /// <summary>Largest number of tokens of a launch of two-shot.</summary>
    public int TwoShotPiece { get; private init; }

    /// <summary>Size of a peer's slot in one-shot, in bytes.</summary>
    public long OneShotSlotBytes => OneShotPiece * TokenBytes;

    /// <summary>Size of a peer's slot in two-shot, in bytes: the tokens that this rank owns.</summary>
    public long TwoShotSlotBytes => TwoShotSlotOf(TwoShotPiece);

    /// <summary>Offset in a buffer at which the summed tokens of two-shot start, in bytes.</summary>
    public long GatherOffset => GatherOffsetOf(TwoShotPiece);

    /// <summary>Number of ranks of a machine that sum in two levels; 0 for all other operations.</summary>
    public int NearRanks { get; private init; }

    /// <summary>Size of a peer's slot in two-level, in bytes.</summary>
    public long NearSlotBytes { get; private init; }

    /// <summary>Largest number of octets of a rank's part of a call in two-level.</summary>
    public long NearOctets => NearRanks == 0 ? 0 : DivideUp((long)MaxTokens * (HiddenSize / KernelLimits.RowVector), NearRanks);

    /// <summary>Size of a buffer of two-level in bytes.</summary>
    public long NearBufferBytes => NearRanks == 0 ? 0 : (NearRanks - 1) * NearSlotBytes;

    /// <summary>Size of a buffer in bytes, enough for the larger strategy; 0 for a rank alone.</summary>
    public long BufferBytes => Exists && Ranks > 1 ? Math.Max(OneShotBufferOf(OneShotPiece), TwoShotBufferOf(TwoShotPiece)) : 0;

    /// <summary>Size of each rank's workspace in bytes.</summary>
    public long Bytes => Exists || NearRanks > 0 ? ControlBytes + (Buffers * (BufferBytes + NearBufferBytes)) : 0;

    /// <summary>Makes the layout for ranks on GPUs.</summary>
    /// <param name="ranks">World size.</param>
    /// <param name="hidden">Number of elements of a token.</param>
    /// <param name="type">Type of the elements.</param>
    /// <param name="maxTokens">Largest number of tokens of a call.</param>
    /// <param name="maxOneShotTokens">Largest number of tokens of a one-shot, 0 to <paramref name="maxTokens"/>.</param>
    /// <param name="limit">Largest size of a workspace in bytes. One that holds <see cref="PieceGranule"/> tokens may be larger.</param>
    public static WorkspaceLayout For(
        int ranks, int hidden, ElementType type, int maxTokens, int maxOneShotTokens, long limit = AllReduceOptions.DefaultWorkspaceLimitBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxOneShotTokens);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxOneShotTokens, maxTokens);
        var layout = new WorkspaceLayout(ranks, hidden, type, maxTokens, maxOneShotTokens) { Exists = true };
        var room = (limit - ControlBytes) / Buffers;
        return layout with
        {
            LimitBytes = limit,
            OneShotPiece = LargestPiece(maxOneShotTokens, room, layout.OneShotBufferOf),
            TwoShotPiece = LargestPiece(maxTokens, room, layout.TwoShotBufferOf),
        };
    }

    /// <summary>Makes the layout for an operation, whose policy says how many tokens a one-shot may have.</summary>
    /// <param name="request">An operation without a fault (<see cref="PlanRules"/>); tokens and forced strategy are
    /// ignored.</param>
    public static WorkspaceLayout For(PlanRequest request)
    {
        var (ranks, hidden, type, tokens) = (request.WorldSize, request.HiddenSize, request.DataType, request.MaxTokens);
        if (request.Topology == GroupTopology.Cpu) return new(ranks, hidden, type, tokens, tokens) { OneShotPiece = tokens, TwoShotPiece = tokens };
        // A library sums calls as a whole.
        if (request.Topology == GroupTopology.Machines)
        {
            var whole = new WorkspaceLayout(ranks, hidden, type, tokens, 0) { TwoShotPiece = tokens };
            return request.RanksOfAMachine > 1 ? whole.InTwoLevels(request.RanksOfAMachine, request.WorkspaceLimitBytes) : whole;
        }

        var upTo = request.Policy.RowFor(request.Capability, request.Topology, ranks, request.Gpu)?.OneShotUpTo ?? 0;
        var oneShot = (int)Math.Min(tokens, upTo / DeviceTensor.ByteCount(type, hidden));
        return For(ranks, hidden, type, tokens, oneShot, request.WorkspaceLimitBytes);
    }

    /// <summary>Makes the layout with another largest number of tokens.</summary>
    /// <param name="tokens">Largest number of tokens of a call, no fewer than those of a one-shot.</param>
    public WorkspaceLayout WithMaxTokens(int tokens) =>
        Exists ? For(Ranks, HiddenSize, DataType, tokens, MaxOneShotTokens, LimitBytes) : this with { MaxTokens = tokens };

    /// <summary>Gets the largest number of tokens of a call.</summary>
    /// <param name="strategy">Strategy of the call.</param>
    public int Capacity(AllReduceStrategy strategy) => strategy switch
    {
        AllReduceStrategy.OneShot => MaxOneShotTokens,
        // The plain all-reduce of the separate strategy needs no more than two-shot.
        AllReduceStrategy.TwoShot or AllReduceStrategy.Separate => MaxTokens,
        _ => 0,
    };

    /// <summary>Computes how many tokens of a call are done at a time. All pieces of a call are of about the same size.</summary>
    /// <param name="exchange">One-shot or two-shot.</param>
    /// <param name="tokens">Number of tokens of the call, for which there is capacity.</param>
    /// <returns>All tokens, or a multiple of <see cref="PieceGranule"/>.</returns>
    public int PieceOf(AllReduceStrategy exchange, int tokens)
    {
        long most = exchange == AllReduceStrategy.OneShot ? OneShotPiece : TwoShotPiece;
        return tokens <= most ? tokens : (int)(DivideUp(DivideUp(tokens, DivideUp(tokens, most)), PieceGranule) * PieceGranule);
    }

    private WorkspaceLayout InTwoLevels(int nearRanks, long limit)
    {
        var made = this with { NearRanks = nearRanks };
        var whole = RoundUp(made.NearOctets * DeviceTensor.ByteCount(DataType, KernelLimits.RowVector));
        var room = (limit - ControlBytes) / Buffers / (nearRanks - 1) / Alignment * Alignment;
        return made with { NearSlotBytes = Math.Clamp(room, Alignment, whole) };
    }

    private long TwoShotSlotOf(long tokens) => DivideUp(tokens, Ranks) * TokenBytes;

    private long GatherOffsetOf(long tokens) => RoundUp((Ranks - 1) * TwoShotSlotOf(tokens));

    private long OneShotBufferOf(long tokens) => RoundUp((Ranks - 1) * tokens * TokenBytes);

    private long TwoShotBufferOf(long tokens) => RoundUp(GatherOffsetOf(tokens) + (tokens * TokenBytes));

    private static int LargestPiece(int tokens, long room, Func<long, long> bufferOf)
    {
        if (tokens <= PieceGranule || bufferOf(tokens) <= room) return tokens;
        var pieces = Math.Clamp(room / bufferOf(PieceGranule), 1, tokens / PieceGranule);
        // A buffer of several granules may be a little smaller than those of one each together.
        while (bufferOf((pieces + 1) * PieceGranule) <= room) pieces++;
        return (int)pieces * PieceGranule;
    }

    private static long DivideUp(long value, long by) => (value + by - 1) / by;

    private static long RoundUp(long bytes) => DivideUp(bytes, Alignment) * Alignment;
}
