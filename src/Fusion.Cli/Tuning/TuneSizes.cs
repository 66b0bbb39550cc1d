using Fusion.Cli.Benchmarks;
using Fusion.Runtime;

namespace Fusion.Cli.Tuning;

/// <summary>Calls whose times decide the limits.</summary>
internal sealed record TuneSizes
{
    private const long KiB = 1024;
    private const long MiB = 1024 * KiB;
    private const int ElementBytes = 2;

    // The limits of one-shot that are known of any GPU and world size, 24 KiB to 32 MiB, are among these.
    private static readonly long[] OfOneShot = [.. Enumerable.Range(0, 12).SelectMany(power => new[] { (16 * KiB) << power, (24 * KiB) << power })];

    // NCCL is not faster below, and from somewhere up to 128 MiB on it may be.
    private static readonly long[] OfLibrary = [4 * MiB, 8 * MiB, 16 * MiB, 32 * MiB, 64 * MiB, 128 * MiB, 256 * MiB];

    /// <summary>Numbers of elements of a token.</summary>
    public IReadOnlyList<int> Hidden { get; init; } = [4096, 8192];

    /// <summary>Numbers of tokens of a call; null for those that make up the sizes at which limits can be.</summary>
    public IReadOnlyList<int>? Tokens { get; init; }

    /// <summary>Whether a library sums before the separate kernels, so that two-shot's limit can be found.</summary>
    public bool HasLibrary { get; init; }

    /// <summary>Gets the calls, each with the strategies that may be the fastest.</summary>
    public IReadOnlyList<TuneCall> Calls()
    {
        var epilogues = BenchEpilogue.Parse("none,residual+rmsnorm+fp8");
        return
        [
            .. from hidden in Hidden
               from call in Tokens is null ? BySize(hidden) : Tokens.Select(tokens => (Tokens: tokens, Strategies: All))
               from epilogue in epilogues
               from strategy in call.Strategies
               select new TuneCall(hidden, call.Tokens, epilogue, strategy),
        ];
    }

    // Two levels are asked for, and only ranks of several machines have them.
    private AllReduceStrategy[] All => HasLibrary
        ? [AllReduceStrategy.OneShot, AllReduceStrategy.TwoShot, AllReduceStrategy.Separate] : [AllReduceStrategy.OneShot, AllReduceStrategy.TwoShot];

    private IEnumerable<(int Tokens, AllReduceStrategy[] Strategies)> BySize(int hidden)
    {
        var row = hidden * ElementBytes;
        foreach (var bytes in OfOneShot.Union(HasLibrary ? OfLibrary : []).Order().Where(bytes => bytes >= row).DistinctBy(bytes => bytes / row))
        {
            AllReduceStrategy[] strategies =
            [
                .. All.Where(strategy => strategy switch
                {
                    AllReduceStrategy.OneShot => bytes <= OfOneShot[^1],
                    AllReduceStrategy.Separate => bytes >= OfLibrary[0],
                    _ => true,
                }),
            ];
            yield return ((int)(bytes / row), strategies);
        }
    }
}

/// <summary>A call to measure.</summary>
/// <param name="Hidden">Number of elements of a token.</param>
/// <param name="Tokens">Number of tokens.</param>
/// <param name="Epilogue">What follows the sum.</param>
/// <param name="Strategy">Strategy to measure.</param>
internal sealed record TuneCall(int Hidden, int Tokens, AllReduceEpilogue Epilogue, AllReduceStrategy Strategy);
