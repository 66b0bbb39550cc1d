namespace Fusion.Runtime;

/// <summary>Plans of an operation, made once for each number of tokens, so that a launch only looks its plan up.</summary>
internal sealed class PlanTable
{
    // Plans for the sizes of decoding are made at the start, those for more tokens at their first use.
    private const int PreparedTokens = 1024;

    // The policy's choice, or one of the named strategies.
    private const int Strategies = (int)AllReduceStrategy.TwoLevel + 2;

    private readonly PlanRequest[] requests;
    private readonly AllReducePlan?[][] plans;
    private readonly int maxTokens;

    /// <param name="request">The request for the operation, with the kernels that it loaded.</param>
    public PlanTable(PlanRequest request)
    {
        maxTokens = request.MaxTokens;
        requests = [request, .. request.Kernels.Variants.Select(variant => request with { Epilogue = variant.Epilogue })];
        plans = [.. Enumerable.Range(0, requests.Length * Strategies).Select(_ => new AllReducePlan?[maxTokens + 1])];
        for (var which = 0; which < requests.Length; which++)
        {
            for (var tokens = 1; tokens <= Math.Min(PreparedTokens, maxTokens); tokens++) Get(tokens, null, which - 1);
        }
    }

    /// <summary>Gets the plan of a call. Two threads that make the same plan at a time make equal ones.</summary>
    /// <param name="tokens">Number of tokens of the call.</param>
    /// <param name="force">Strategy to use; null to let the policy choose.</param>
    /// <param name="variant">Index of the variant that fits the call; -1 for none.</param>
    public AllReducePlan Get(int tokens, AllReduceStrategy? force, int variant = -1)
    {
        var request = requests[variant + 1];
        if (tokens < 1 || tokens > maxTokens || force is < 0 or > AllReduceStrategy.TwoLevel) return Make(request, tokens, force);
        ref var plan = ref plans[((variant + 1) * Strategies) + (force is { } strategy ? 1 + (int)strategy : 0)][tokens];
        return plan ??= Make(request, tokens, force);
    }

    /// <summary>Makes the plan of a call whose epilogue need not have a variant.</summary>
    /// <param name="tokens">Number of tokens of the call.</param>
    /// <param name="epilogue">Epilogue of the call.</param>
    /// <param name="force">Strategy to use; null to let the policy choose.</param>
    public AllReducePlan Explain(int tokens, in AllReduceEpilogue epilogue, AllReduceStrategy? force) =>
        Make(requests[0] with { Epilogue = epilogue }, tokens, force);

    /// <summary>Names the kernel that a call with an epilogue has in a plan of this table, which leaves usual calls open.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="epilogue">Epilogue of the call.</param>
    public AllReducePlan WithKernelOf(AllReducePlan plan, in AllReduceEpilogue epilogue)
    {
        if (plan.Kernel.Length == 0 || plan.Variants.Exchange >= 0 || UsualCalls.Of(epilogue) == UsualCall.None) return plan;
        var named = Explain(plan.Tokens, epilogue, plan.Strategy);
        return plan with { Kernel = named.Kernel, Threads = named.Threads, VectorsPerThread = named.VectorsPerThread };
    }

    private static AllReducePlan Make(PlanRequest request, int tokens, AllReduceStrategy? force) =>
        AllReduceDispatcher.Plan(request with { Tokens = tokens, Strategy = force });
}
