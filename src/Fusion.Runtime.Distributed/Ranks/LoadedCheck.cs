using System.Globalization;

namespace Fusion.Runtime.Distributed.Ranks;

/// <summary>Tries the memory that GPUs of several processes share under load: kernels that store to each other and poll, since copies at rest
/// may arrive where these do not.</summary>
internal static class LoadedCheck
{
    private const int Hidden = 1024, Tokens = 64;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    // Some milliseconds on a GPU. An emulated one takes a thousand times longer.
    private static int Calls => GpuDriver.IsEmulated ? 1 : 100;

    /// <summary>Sums numbers of all ranks again and again, and compares the sums.</summary>
    /// <param name="group">The group.</param>
    /// <param name="connection">Connection to the other ranks.</param>
    /// <exception cref="RankGroupException">What a rank sent did not arrive.</exception>
    /// <exception cref="PeerGoneException">A rank is gone.</exception>
    public static void Run(RankGroup group, GroupConnection connection)
    {
        var rank = group.LocalRanks[0];
        var tokens = GpuDriver.IsEmulated ? 2 : Tokens;
        using var operation = new AllReduce(group, OptionsFor(tokens));
        using var input = rank.Allocate<float>(tokens * Hidden);
        using var output = rank.Allocate<float>(tokens * Hidden);
        var (values, sums) = (new float[tokens * Hidden], new float[tokens * Hidden]);
        for (var i = 0; i < values.Length; i++) values[i] = Value(rank.Index, i);
        input.CopyFrom(values);
        try
        {
            foreach (var strategy in new[] { AllReduceStrategy.OneShot, AllReduceStrategy.TwoShot })
            {
                output.FillBytes(0xA5);
                var call = new AllReduceCall { Input = input.AsTensor(tokens, Hidden), AllReduceOut = output.AsTensor(tokens, Hidden) };
                for (var i = 0; i < Calls; i++) operation.Launch(rank.Index, null, call, strategy);
                operation.Synchronize(rank.Index);
                output.CopyTo(sums);
                for (var i = 0; i < sums.Length; i++)
                {
                    if (sums[i] != Sum(group.WorldSize, i)) throw Wrong(group, connection, sums[i], Sum(group.WorldSize, i));
                }
            }
        }
        catch (PeerTimeoutException e)
        {
            throw RendezvousErrors.NotUnderLoad(e.Peer, connection.Member.Members[e.Peer], e.Message);
        }
    }

    /// <summary>Options of the all-reduce: both strategies, whatever the number of ranks.</summary>
    /// <param name="tokens">Number of tokens.</param>
    internal static AllReduceOptions OptionsFor(int tokens = Tokens) => new()
    {
        HiddenSize = Hidden,
        MaxTokens = tokens,
        DataType = ElementType.Float32,
        Timeout = Longest,
        Policy = AllReducePolicy.WithLimits(long.MaxValue),
    };

    // Integers that a float has exactly.
    private static float Value(int rank, int i) => ((i + 1) % 509) * (rank + 1);

    private static float Sum(int ranks, int i)
    {
        var sum = 0f;
        for (var rank = 0; rank < ranks; rank++) sum += Value(rank, i);
        return sum;
    }

    private static RankGroupException Wrong(RankGroup group, GroupConnection connection, float found, float expected)
    {
        var other = group.LocalRanks[0].Index == 0 ? 1 : 0;
        return RendezvousErrors.NotUnderLoad(other, connection.Member.Members[other],
            string.Create(CultureInfo.InvariantCulture, $"a sum was {found}, expected {expected}."));
    }
}
