namespace Fusion.Runtime;

/// <summary>Compares the calls that ranks of this process launch on GPUs, where kernels do not see what a peer's kernel does. It knows the
/// last calls alone, and none of recorded CUDA graphs. Allocates only if two calls differ.</summary>
/// <param name="ranks">World size.</param>
internal sealed class LaunchedCalls(int ranks)
{
    private const int Kept = 256;

    private readonly Lock gate = new();
    private readonly (long Number, int Rank, CollectiveShape Call)[] last = new (long, int, CollectiveShape)[Kept];
    private readonly long[] launched = new long[ranks];

    /// <summary>Notes a rank's call.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="call">The call.</param>
    /// <exception cref="RankGroupException">Another rank's call of the same number is another one.</exception>
    public void Add(int rank, CollectiveShape call)
    {
        lock (gate)
        {
            // Numbers from 1 on, since 0 is in places that nobody wrote.
            var number = ++launched[rank];
            ref var there = ref last[number % Kept];
            if (there.Number == number) CollectiveAgreement.Check(number - 1, there.Rank, there.Call, rank, call);
            else if (there.Number < number) there = (number, rank, call);
        }
    }

    /// <summary>Forgets all calls.</summary>
    public void Clear()
    {
        lock (gate)
        {
            Array.Clear(launched);
            Array.Clear(last);
        }
    }
}
