namespace Fusion.Runtime;

/// <summary>The plans of an operation, made once for each number of tokens: a launch looks its plan up.</summary>
internal sealed class PlanTable
{
    // The sizes of decoding are there from the start. A plan for more tokens is made when it is first asked for.
    private const int Prepared = 1024;

    // The policy's, or one that is named.
    private const int Strategies = (int)AllReduceStrategy.Separate + 2;

    private readonly PlanRequest[] requests;
    private readonly AllReducePlan?[][] plans;
    private readonly int most;

    /// <param name="request">What the operation was made for, with the kernels that it loaded.</param>
    public PlanTable(PlanRequest request)
    {
        most = request.MaxTokens;
        requests = [request, .. request.Kernels.Variants.Select(variant => request with { Epilogue = variant.Epilogue })];
        plans = [.. Enumerable.Range(0, requests.Length * Strategies).Select(_ => new AllReducePlan?[most + 1])];
        for (var which = 0; which < requests.Length; which++)
        {
            for (var tokens = 1; tokens <= Math.Min(Prepared, most); tokens++) Get(tokens, null, which - 1);
        }
    }

    /// <summary>The plan for a call. Two threads that make the same one make equal ones.</summary>
    /// <param name="tokens">Its tokens.</param>
    /// <param name="force">The strategy that is wanted; null for the policy's.</param>
    /// <param name="variant">Index of the variant that it fits; -1 for none.</param>
    public AllReducePlan Get(int tokens, AllReduceStrategy? force, int variant = -1)
    {
        var request = requests[variant + 1];
        if (tokens < 1 || tokens > most || force is < 0 or > AllReduceStrategy.Separate) return Make(request, tokens, force);
        ref var plan = ref plans[((variant + 1) * Strategies) + (force is { } strategy ? 1 + (int)strategy : 0)][tokens];
        return plan ??= Make(request, tokens, force);
    }

    /// <summary>The plan for an epilogue that need not have a variant.</summary>
    /// <param name="tokens">Tokens of the call.</param>
    /// <param name="epilogue">What follows the sum.</param>
    /// <param name="force">The strategy that is wanted; null for the policy's.</param>
    public AllReducePlan Explain(int tokens, in AllReduceEpilogue epilogue, AllReduceStrategy? force) =>
        Make(requests[0] with { Epilogue = epilogue }, tokens, force);

    private static AllReducePlan Make(PlanRequest request, int tokens, AllReduceStrategy? force) =>
        AllReduceDispatcher.Plan(request with { Tokens = tokens, Force = force });
}
