using System.Globalization;

namespace Fusion.Runtime;

/// <summary>Chooses the strategy and the kernels of a call from the request alone, without a GPU: the same request gives the
/// same plan on every rank.</summary>
public static class AllReduceDispatcher
{
    /// <summary>Plans a call.</summary>
    /// <param name="request">The call and what it runs on.</param>
    /// <returns>The plan. A call that cannot be done gives a refusal with its reason, not an exception.</returns>
    public static AllReducePlan Plan(PlanRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (PlanRules.FaultOf(request) is { } fault)
            return Refused(request, 0, $"{fault.Parameter} is {fault.Value}; allowed is {fault.Allowed}");

        var layout = WorkspaceLayout.For(request);
        if (request.Tokens < 1)
            return Refused(request, layout.Bytes, Text($"a call of {request.Tokens} tokens: at least 1 is needed"));
        if (request.Tokens > layout.MaxTokens)
        {
            var made = Text($"the operation's {layout.MaxTokens}, for which its workspace of {layout.Bytes:N0} bytes is made");
            return Refused(request, layout.Bytes, Text($"{request.Tokens} tokens are more than {made}"));
        }

        if (request.Strategy is { } asked && !Enum.IsDefined(asked))
            return Refused(request, layout.Bytes, $"the strategy that was asked for, {asked}, is none");
        if (request.Topology == GroupTopology.Cpu) return OnCpu(request);
        if (request.WorldSize == 1) return Alone(request, layout);
        if (request.Topology == GroupTopology.Machines) return OnMachines(request, layout);
        if (request.Strategy == AllReduceStrategy.TwoLevel)
            return Refused(request, layout.Bytes, "two-level was asked for, but the ranks reach each other's memory, as on one machine: there is one level");
        var chosen = Choose(request, layout, out var reason);
        if (request.Strategy is not { } forced) return Planned(request, layout, chosen, chosen, reason);
        if (request.Tokens > layout.Capacity(forced)) return Refused(request, layout.Bytes, TooManyFor(forced, request, layout));
        return Planned(request, layout, forced, chosen, $"as asked for; by size it would be {Name(chosen)}: {reason}");
    }

    /// <summary>Gets the name of a strategy as the command line and JSON write it.</summary>
    /// <param name="strategy">The strategy; null for a refused call, which is <c>refuse</c>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The strategy is none.</exception>
    public static string Name(AllReduceStrategy? strategy) => strategy switch
    {
        AllReduceStrategy.OneShot => "one-shot",
        AllReduceStrategy.TwoShot => "two-shot",
        AllReduceStrategy.Separate => "separate",
        AllReduceStrategy.TwoLevel => "two-level",
        null => "refuse",
        _ => throw new ArgumentOutOfRangeException(nameof(strategy), strategy, "Expected a member of AllReduceStrategy."),
    };

    private static AllReduceStrategy Choose(PlanRequest request, WorkspaceLayout layout, out string reason)
    {
        var row = request.Policy.RowFor(request.Capability, request.Topology, request.WorldSize, request.Gpu)
            ?? throw new InvalidOperationException($"No policy for {request.WorldSize} ranks.");
        var bytes = request.Tokens * layout.TokenBytes;
        var type = CallWords.WordOf(request.DataType);
        var input = Text($"{Tokens(request.Tokens)} of {request.HiddenSize} {type} are {bytes:N0} bytes");
        var where = request.Topology == GroupTopology.Loopback ? " on one GPU" : "";
        var origin = row.Source.Length > 0 ? $"; {row.Source}" : "";
        var source = Text($"sm_{request.Capability.Number}, {request.WorldSize} ranks{where}{origin}");

        if (bytes <= row.OneShotUpTo)
        {
            reason = Text($"{input}, no more than one-shot's limit of {row.OneShotUpTo:N0} ({source})");
            return AllReduceStrategy.OneShot;
        }

        var above = Text($"{input}, more than one-shot's limit of {row.OneShotUpTo:N0}");
        if (row.TwoShotUpTo is not { } twoShotUpTo)
        {
            reason = Text($"{above}; two-shot's only limit is the operation's of {layout.MaxTokens} tokens ({source})");
            return AllReduceStrategy.TwoShot;
        }

        var fits = bytes <= twoShotUpTo;
        reason = fits
            ? Text($"{above} and no more than two-shot's of {twoShotUpTo:N0} ({source})")
            : Text($"{above} and than two-shot's of {twoShotUpTo:N0} ({source})");
        return fits ? AllReduceStrategy.TwoShot : AllReduceStrategy.Separate;
    }

    private static AllReducePlan Planned(
        PlanRequest request, WorkspaceLayout layout, AllReduceStrategy strategy, AllReduceStrategy bySize, string reason)
    {
        var isSeparate = strategy == AllReduceStrategy.Separate;
        // The separate strategy begins with a plain all-reduce.
        var call = isSeparate ? UsualCall.Sum : UsualCalls.Of(request.Epilogue);
        var kernel = KernelChoice.For(request.WorldSize, request.HiddenSize, request.DataType, call, RowSplit.HasClusters(request.Capability));
        var exchange = !isSeparate ? strategy
            : bySize == AllReduceStrategy.OneShot ? AllReduceStrategy.OneShot : AllReduceStrategy.TwoShot;
        var plan = new AllReducePlan(strategy, reason, request.Tokens, kernel.Threads, kernel.VectorsPerThread, layout.Bytes)
        {
            Exchange = exchange,
            PieceTokens = layout.PieceOf(exchange, request.Tokens),
            Kernel = kernel.Exchange(exchange),
            EpilogueKernel = isSeparate ? KernelChoice.For(request.WorldSize, request.HiddenSize, request.DataType).Epilogue() : "",
        };
        return VariantPlanning.Prefer(plan, request);
    }

    private static AllReducePlan Alone(PlanRequest request, in WorkspaceLayout layout)
    {
        var kernel = KernelChoice.For(request.WorldSize, request.HiddenSize, request.DataType);
        return new(
            AllReduceStrategy.Separate, "a rank alone exchanges nothing: the epilogue kernel is all", request.Tokens,
            kernel.Threads, kernel.VectorsPerThread, layout.Bytes)
        {
            EpilogueKernel = kernel.Epilogue(),
        };
    }

    private static AllReducePlan OnMachines(PlanRequest request, in WorkspaceLayout layout)
    {
        const string Apart = "the ranks do not all reach each other's memory, as on several machines";
        var isTwoLevel = layout.NearRanks > 1;
        if (request.Strategy is AllReduceStrategy.OneShot or AllReduceStrategy.TwoShot)
            return Refused(request, layout.Bytes, $"{Name(request.Strategy)} was asked for, but {Apart}: {(isTwoLevel ? "the operation is one in two levels" : "there NCCL or another library sums, and only separate is possible")}");
        if (request.Strategy == AllReduceStrategy.TwoLevel && !isTwoLevel)
        {
            return Refused(request, 0, "two-level was asked for, but " + (request.RanksOfAMachine == 1 ? "each machine has one rank, so there is one level: NCCL's"
                : "the operation was not made for it: set AllReduceOptions.TwoLevel"));
        }

        var kernel = KernelChoice.For(request.WorldSize, request.HiddenSize, request.DataType);
        var reason = isTwoLevel
            ? Text($"as asked for, not measured: {Apart}; the {layout.NearRanks} ranks of each machine sum through memory, NCCL sums the parts of the {request.WorldSize / layout.NearRanks} machines, and the epilogue kernel does the rest")
            : $"{Apart}: NCCL sums, or the library that was given, and the epilogue kernel does the rest" +
              (request.RanksOfAMachine == 1 ? "; two levels were asked for, but with one rank on each machine there is one, NCCL's" : "");
        AllReducePlan plan = new(
            isTwoLevel && request.Strategy is null ? AllReduceStrategy.TwoLevel : request.Strategy ?? AllReduceStrategy.Separate, reason,
            request.Tokens, kernel.Threads, kernel.VectorsPerThread, layout.Bytes)
        {
            Exchange = isTwoLevel ? AllReduceStrategy.TwoLevel : AllReduceStrategy.Separate,
            PieceTokens = isTwoLevel ? (int)Math.Clamp(layout.NearSlotBytes * layout.NearRanks / layout.TokenBytes, 1, request.Tokens) : request.Tokens,
            Kernel = isTwoLevel ? TwoLevelKernels.ReduceScatterOf(request.DataType) : "",
            EpilogueKernel = kernel.Epilogue(),
        };
        return VariantPlanning.Prefer(plan, request);
    }

    private static AllReducePlan OnCpu(PlanRequest request) => new(
        request.Strategy ?? AllReduceStrategy.OneShot,
        "on the CPU each rank reads the inputs of all: nothing is exchanged, and every strategy is the same",
        request.Tokens, 0, 0, 0);

    private static AllReducePlan Refused(PlanRequest request, long workspace, string reason) =>
        new(null, reason, request.Tokens, 0, 0, workspace);

    private static string TooManyFor(AllReduceStrategy forced, PlanRequest request, WorkspaceLayout layout)
    {
        var made = Text($"the workspace of {layout.Bytes:N0} bytes is made for at most {layout.Capacity(forced)} tokens of it");
        return Text(
            $"{Name(forced)} was asked for, but {made}, by the policy's limit, and the call has {request.Tokens}; a policy ") +
            "with a higher limit makes it larger";
    }

    private static string Tokens(int count) => count == 1 ? "1 token" : Text($"{count} tokens");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
