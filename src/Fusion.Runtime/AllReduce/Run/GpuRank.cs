namespace Fusion.Runtime;

/// <summary>A rank of an all-reduce on a GPU: its kernels and launches.</summary>
internal sealed class GpuRank : ExchangeRank
{
    private readonly RankKernels kernels;
    private readonly WorkspaceLayout layout;
    private readonly ILibraryAllReduce? library;
    private readonly BlockShare share;
    private readonly DeviceMemory scratch;
    private readonly ulong sumAddress;
    private readonly NcclWatch? watch;
    private readonly TwoLevelSum? twoLevel;
    private AllReduceParameters constants;

    /// <exception cref="GpuException">There is not enough memory.</exception>
    public GpuRank(Rank rank, AllReduceOptions options, in WorkspaceLayout layout, RankKernels kernels, BlockShare share, NearRanks? near)
        // What the host reads of failures is there also where nothing is exchanged.
        : base(rank, layout.Ranks, Math.Max(layout.Bytes, WorkspaceLayout.ControlBytes), near)
    {
        this.share = share;
        this.layout = layout;
        this.kernels = kernels;
        library = options.Library;
        try
        {
            // Holds the sum between the two kernels of the separate strategy where the call does not ask for it; a launch
            // cannot allocate. Another library sums a call as a whole.
            long tokens = library is null ? Math.Max(layout.OneShotPiece, layout.TwoShotPiece) : layout.MaxTokens;
            var bytes = layout.Ranks == 1 ? 0 : tokens * layout.TokenBytes;
            var place = (library as ISumsInPlace)?.PlaceOf(rank.Index, bytes);
            scratch = DeviceMemory.Allocate(rank.Context!, place is null ? checked((nuint)bytes) : 0);
            scratch.Keep();
            sumAddress = place ?? scratch.Address;
            if (near is not null)
                twoLevel = new(rank, near, layout, Nanoseconds(options.Timeout), kernels.TwoLevel!, share, Workspace.StatusAddress);
            watch = (library as NcclAllReduce)?.Communicators.Watch(this, options.Timeout);
        }
        catch
        {
            scratch?.Dispose();
            scratch?.Release();
            Workspace.Dispose();
            throw;
        }

        constants = new AllReduceParameters
        {
            Status = Workspace.StatusAddress,
            TimeoutNanoseconds = Nanoseconds(options.Timeout),
            BufferBytes = (ulong)layout.BufferBytes,
            Rank = rank.Index,
            Ranks = layout.Ranks,
            Hidden = layout.HiddenSize,
        };
    }

    /// <inheritdoc/>
    public override void Connect(IPeers peers)
    {
        base.Connect(peers);
        constants.Workspaces = Workspaces;
        twoLevel?.Connect(Workspaces);
        watch?.Start(peers);
    }

    /// <inheritdoc/>
    public override void Reset()
    {
        watch?.Clear();
        base.Reset();
    }

    /// <summary>Launches prepared kernels into a stream. Allocates nothing.</summary>
    /// <param name="into">The stream.</param>
    /// <param name="call">The kernels, from <see cref="Prepare"/>.</param>
    /// <param name="number">Number of the call, from 1 on; 0 for one that is not noted, as where it is recorded.</param>
    /// <returns>Whether they were launched; if not, the rank has reported why.</returns>
    public bool Launch(GpuStream into, ref CallKernels call, long number)
    {
        BeginLaunch(into);
        if (call.UsesLibrary)
        {
            if (twoLevel is not null)
            {
                if (!twoLevel.TryLaunch(into, call.LibraryInput, call.LibraryOutput, watch!, number)) return false;
            }
            else if (watch is null) library!.Launch(Rank.Index, into, call.LibraryInput, call.LibraryOutput);
            else if (!watch.TryLaunch(into, NcclCall.AllReduce(call.LibraryInput, call.LibraryOutput), number)) return false;
        }

        for (var row = 0; row < call.Tokens; row += call.PieceTokens)
        {
            var tokens = Math.Min(call.PieceTokens, call.Tokens - row);
            if (call.HasExchange) call.Exchange.Launch(into, kernels, share, row, tokens);
            if (call.HasEpilogue) call.Epilogue.Launch(into, kernels, null, row, tokens);
        }

        EndLaunch();
        return true;
    }

    /// <summary>Fills in the kernels of a call. Allocates nothing.</summary>
    /// <param name="prepared">The kernels.</param>
    /// <param name="call">The call.</param>
    /// <param name="plan">Strategy and kernels of the call.</param>
    public void Prepare(ref CallKernels prepared, in AllReduceCall call, AllReducePlan plan)
    {
        (prepared.Tokens, prepared.PieceTokens) = (plan.Tokens, plan.PieceTokens);
        if (layout.Ranks == 1)
        {
            PrepareEpilogue(ref prepared, call, plan, call.Input);
            return;
        }

        prepared.Call = AllReduceLaunch.Of(call, plan);
        prepared.Fingerprint = prepared.Call.Fingerprint;
        if (plan.Strategy is AllReduceStrategy.Separate or AllReduceStrategy.TwoLevel)
        {
            PrepareSeparate(ref prepared, call, plan);
            return;
        }

        prepared.Exchange.Parameters = constants;
        ParameterFill.Fill(ref prepared.Exchange.Parameters, call);
        prepared.Exchange.Rows = RowsOf(call, plan);
        PrepareExchange(ref prepared, plan, UsualCalls.Of(AllReduceEpilogue.Of(call)), SharedBytes(call));
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        watch?.Dispose();
        twoLevel?.Dispose();
        scratch.Dispose();
        scratch.Release();
        base.Dispose();
    }

    private void PrepareSeparate(ref CallKernels prepared, in AllReduceCall call, AllReducePlan plan)
    {
        // A sum that replaces the residual must be written after the residual is read, by the epilogue kernel.
        var isSumWritten = call.AllReduceOut is { } wanted && wanted.Address != call.Residual?.Address;
        var sum = isSumWritten ? call.AllReduceOut!.Value : call.Input with { Address = sumAddress };
        if (library is null)
        {
            prepared.Exchange.Parameters = constants;
            ParameterFill.FillSum(ref prepared.Exchange.Parameters, call.Input, sum);
            prepared.Exchange.Rows = RowsOf(call, plan) with { OfSum = isSumWritten ? layout.TokenBytes : 0 };
            PrepareExchange(ref prepared, plan, UsualCall.Sum, 0);
        }
        else
        {
            (prepared.UsesLibrary, prepared.LibraryInput, prepared.LibraryOutput) = (true, call.Input, sum);
            prepared.PieceTokens = prepared.Tokens;
        }

        if (isSumWritten && call is { ResidualOut: null, NormOut: null, QuantOut: null }) return;
        PrepareEpilogue(ref prepared, isSumWritten ? call with { AllReduceOut = null } : call, plan, sum);
    }

    private void PrepareEpilogue(ref CallKernels prepared, in AllReduceCall call, AllReducePlan plan, in DeviceTensor sum)
    {
        ref var parameters = ref prepared.Epilogue.Parameters;
        parameters = constants;
        ParameterFill.Fill(ref parameters, call);
        parameters.Input = sum.Address;
        // The epilogue kernel exchanges nothing: with one rank its sum is its input.
        parameters.Ranks = 1;
        // Each piece's sum is at the start of the scratch.
        prepared.Epilogue.Rows = RowsOf(call, plan) with { OfInput = sum.Address == sumAddress ? 0 : layout.TokenBytes };
        var kernel = kernels.Epilogue(plan.Variants.Epilogue);
        prepared.Epilogue.Set(kernel, kernel, 1, SharedBytes(call));
        prepared.HasEpilogue = true;
    }

    private void PrepareExchange(ref CallKernels prepared, AllReducePlan plan, UsualCall call, int sharedBytes)
    {
        var exchange = plan.Exchange!.Value;
        ParameterFill.FillLayout(ref prepared.Exchange.Parameters, layout, exchange);
        var owners = exchange == AllReduceStrategy.TwoShot ? layout.Ranks : 1;
        prepared.Exchange.Set(
            kernels.Exchange(exchange, plan.Variants.Exchange, call), kernels.Exchange(exchange, plan.Variants.Exchange, UsualCall.None), owners,
            sharedBytes);
        prepared.HasExchange = true;
    }

    // A call that is done at a time does not move its tensors.
    private static RowBytes RowsOf(in AllReduceCall call, AllReducePlan plan) =>
        plan.PieceTokens < plan.Tokens ? RowBytes.Of(call) : default;

    private int SharedBytes(in AllReduceCall call) => KernelChoice.SharedBytes(call.Quantization, layout.HiddenSize);
}
