using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Sums rows in the fixed tree that the kernels use: docs/numbers.md, step 3.</summary>
internal static class RowSum
{
    /// <summary>Number of elements of a vector, the leaf of the tree.</summary>
    public const int Vector = KernelLimits.RowVector;

    /// <summary>Number of elements of the longest row.</summary>
    public const int MaxHidden = KernelLimits.LongestRow;

    private const int Lanes = 32;

    /// <summary>Sums the elements of a row.</summary>
    /// <param name="row">The row: a multiple of 8 elements, <see cref="MaxHidden"/> at most.</param>
    public static float Of(ReadOnlySpan<float> row)
    {
        Span<float> vectors = stackalloc float[row.Length / Vector];
        for (var v = 0; v < vectors.Length; v++)
        {
            var e = row.Slice(v * Vector, Vector);
            vectors[v] = ((e[0] + e[1]) + (e[2] + e[3])) + ((e[4] + e[5]) + (e[6] + e[7]));
        }

        return OfVectors(vectors);
    }

    /// <summary>Sums the squares of a row's elements.</summary>
    /// <param name="row">The row: a multiple of 8 elements, <see cref="MaxHidden"/> at most.</param>
    public static float OfSquares(ReadOnlySpan<float> row)
    {
        Span<float> vectors = stackalloc float[row.Length / Vector];
        for (var v = 0; v < vectors.Length; v++)
        {
            var e = row.Slice(v * Vector, Vector);
            vectors[v] = (Pair(e[0], e[1]) + Pair(e[2], e[3])) + (Pair(e[4], e[5]) + Pair(e[6], e[7]));
        }

        return OfVectors(vectors);

        static float Pair(float even, float odd) => MathF.FusedMultiplyAdd(odd, odd, even * even);
    }

    private static float OfVectors(ReadOnlySpan<float> vectors)
    {
        Span<float> totals = stackalloc float[Lanes];
        totals.Clear();
        Span<float> tile = stackalloc float[Lanes];
        for (var first = 0; first < vectors.Length; first += Lanes)
        {
            var count = Math.Min(Lanes, vectors.Length - first);
            vectors.Slice(first, count).CopyTo(tile);
            tile[count..].Clear();
            totals[first / Lanes % Lanes] += OfLanes(tile);
        }

        return OfLanes(totals);
    }

    // A warp adds lane l ^ distance to lane l in all lanes; addition commutes, so lane 0 needs only the lower half.
    // Overwrites the lanes.
    private static float OfLanes(Span<float> lanes)
    {
        for (var distance = Lanes / 2; distance > 0; distance /= 2)
        {
            for (var lane = 0; lane < distance; lane++) lanes[lane] += lanes[lane + distance];
        }

        return lanes[0];
    }
}
