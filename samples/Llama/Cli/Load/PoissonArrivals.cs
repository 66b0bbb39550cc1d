namespace Llama.Cli.Load;

/// <summary>Times at which requests come, independently of each other: the first at once, the others after gaps of the exponential
/// distribution.</summary>
internal static class PoissonArrivals
{
    /// <summary>Computes the times.</summary>
    /// <param name="perSecond">Mean number of requests in a second.</param>
    /// <param name="length">Length of time in which they come.</param>
    /// <param name="seed">Seed of the gaps.</param>
    public static IReadOnlyList<TimeSpan> Of(double perSecond, TimeSpan length, int seed)
    {
        var random = new Random(seed);
        var times = new List<TimeSpan>();
        for (var seconds = 0.0; seconds < length.TotalSeconds; seconds -= Math.Log(1 - random.NextDouble()) / perSecond) times.Add(TimeSpan.FromSeconds(seconds));
        return times;
    }
}
