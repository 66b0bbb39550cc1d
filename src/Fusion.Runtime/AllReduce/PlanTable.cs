namespace Fusion.Runtime;

/// <summary>The plans of an operation, made once for each number of tokens: a launch looks its plan up.</summary>
internal sealed class PlanTable
{
    // The sizes of decoding are there from the start. A plan for more tokens is made when it is first asked for.
    private const int Prepared = 1024;

    private readonly PlanRequest request;
    private readonly AllReducePlan?[] bySize;
    private readonly AllReducePlan?[][] forced;

    /// <param name="request">What the operation was made for.</param>
    public PlanTable(PlanRequest request)
    {
        this.request = request;
        bySize = new AllReducePlan?[request.MaxTokens + 1];
        forced = [.. Enumerable.Range(0, (int)AllReduceStrategy.Separate + 1).Select(_ => new AllReducePlan?[bySize.Length])];
        for (var tokens = 1; tokens <= Math.Min(Prepared, request.MaxTokens); tokens++) Get(tokens, null);
    }

    /// <summary>The plan for a call. Two threads that make the same one make equal ones.</summary>
    /// <param name="tokens">Its tokens.</param>
    /// <param name="force">The strategy that is wanted; null for the policy's.</param>
    public AllReducePlan Get(int tokens, AllReduceStrategy? force)
    {
        if (tokens < 1 || tokens >= bySize.Length || force is < 0 or > AllReduceStrategy.Separate) return Make(tokens, force);
        ref var plan = ref (force is { } strategy ? forced[(int)strategy] : bySize)[tokens];
        return plan ??= Make(tokens, force);
    }

    private AllReducePlan Make(int tokens, AllReduceStrategy? force) =>
        AllReduceDispatcher.Plan(request with { Tokens = tokens, Force = force });
}
