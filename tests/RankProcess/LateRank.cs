using Fusion.Runtime;

namespace RankProcess;

/// <summary>A call that rank 0 leaves out, of which all ranks hear.</summary>
internal static class LateRank
{
    /// <summary>Launches the call, but not on rank 0, and waits until it was given up.</summary>
    /// <param name="rank">The rank of this process.</param>
    /// <param name="expected">What the error must say.</param>
    /// <param name="launch">Launches the call.</param>
    /// <param name="synchronize">Waits for the calls of the rank.</param>
    /// <param name="throwIfFailed">Throws if a call of any rank was given up.</param>
    /// <returns>What the error says.</returns>
    /// <exception cref="InvalidDataException">There is no such error within 20 s, or it says something else.</exception>
    public static string Hear(Rank rank, string expected, Action launch, Action synchronize, Action throwIfFailed)
    {
        var heard = "";
        try
        {
            if (rank.Index > 0) launch();
            for (var wait = 0; wait < 2000; wait++)
            {
                if (rank.Index > 0) synchronize();
                throwIfFailed();
                Thread.Sleep(10);
            }
        }
        catch (PeerTimeoutException e)
        {
            heard = e.Message;
        }

        return heard.Contains(expected, StringComparison.Ordinal) ? heard : throw new InvalidDataException($"heard: '{heard}'");
    }
}
