namespace Fusion.Runtime;

/// <summary>Checks that ranks launched the same call. Allocates only to throw.</summary>
internal static class CallAgreement
{
    /// <param name="number">Index of the call.</param>
    /// <param name="rank">Index of a rank.</param>
    /// <param name="first">Its call.</param>
    /// <param name="other">Index of another rank.</param>
    /// <param name="call">Its call.</param>
    /// <exception cref="RankGroupException">The calls differ.</exception>
    public static void Check<TShape>(long number, int rank, in TShape first, int other, in TShape call)
        where TShape : struct, ICallShape, IEquatable<TShape>
    {
        if (!first.Equals(call)) throw Difference(number, rank, first.Items, other, call.Items);
    }

    /// <summary>Makes the error of two calls that differ.</summary>
    /// <param name="number">Index of the call.</param>
    /// <param name="rank">Index of a rank.</param>
    /// <param name="first">Its call, in words.</param>
    /// <param name="other">Index of another rank.</param>
    /// <param name="call">Its call, in words.</param>
    public static RankGroupException Difference(
        long number, int rank, IReadOnlyList<KeyValuePair<string, string>> first, int other, IReadOnlyList<KeyValuePair<string, string>> call) =>
        GroupErrors.CallMismatch(number, rank, other,
            [.. first.Zip(call).Where(pair => pair.First.Value != pair.Second.Value)
                .Select(pair => (pair.First.Key, pair.First.Value, pair.Second.Value))]);
}
