using Fusion.Runtime;

namespace FusionTemplate;

/// <summary>What kernels/rms_norm.cu computes, in C#: the same operations in the same order, so the same bits.</summary>
public static class RmsNormReference
{
    private const int VectorLength = 8;
    private const int Lanes = 32;

    /// <summary>RMSNorm of each row of <c>gamma.Length</c> elements.</summary>
    /// <param name="input">Rows, one behind the other.</param>
    /// <param name="gamma">A weight for each element of a row; a multiple of 8.</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="bias">Added to each weight: 0, or 1 where weights are stored as gamma - 1.</param>
    public static BFloat16[] Run(ReadOnlySpan<BFloat16> input, ReadOnlySpan<BFloat16> gamma, float epsilon, float bias = 0)
    {
        var output = new BFloat16[input.Length];
        for (var start = 0; start < input.Length; start += gamma.Length)
        {
            var row = input.Slice(start, gamma.Length);
            var rstd = ReciprocalRoot((SumOfSquares(row) / row.Length) + epsilon);
            for (var i = 0; i < row.Length; i++)
                output[start + i] = (BFloat16)((float)row[i] * rstd * (bias + (float)gamma[i]));
        }

        return output;
    }

    /// <summary>1/sqrt(value), correctly rounded: no float is so close to the middle between two results that the rounding
    /// in double could lead astray (fusion/norm/rsqrt.cuh).</summary>
    /// <param name="value">The number.</param>
    public static float ReciprocalRoot(float value) => (float)(1.0 / Math.Sqrt(value));

    /// <summary>The sum of a row's squares, in the order of fusion/norm/row_sum.cuh.</summary>
    /// <param name="row">A multiple of 8 elements.</param>
    public static float SumOfSquares(ReadOnlySpan<BFloat16> row)
    {
        var vectors = row.Length / VectorLength;
        var totals = new float[Lanes];
        var tile = new float[Lanes];
        for (var first = 0; first < vectors; first += Lanes)
        {
            for (var lane = 0; lane < Lanes; lane++)
            {
                var v = first + lane;
                tile[lane] = v < vectors ? SumOfVector(row.Slice(v * VectorLength, VectorLength)) : 0;
            }

            totals[first / Lanes % Lanes] += SumOfLanes(tile);
        }

        return SumOfLanes(totals);
    }

    private static float SumOfVector(ReadOnlySpan<BFloat16> vector)
    {
        Span<float> pairs = stackalloc float[VectorLength / 2];
        for (var i = 0; i < pairs.Length; i++)
        {
            var (even, odd) = ((float)vector[2 * i], (float)vector[(2 * i) + 1]);
            pairs[i] = MathF.FusedMultiplyAdd(odd, odd, even * even);
        }

        return (pairs[0] + pairs[1]) + (pairs[2] + pairs[3]);
    }

    // Lane l plus lane l + 16, then 8, 4, 2, 1. Overwrites the lanes.
    private static float SumOfLanes(Span<float> lanes)
    {
        for (var distance = Lanes / 2; distance > 0; distance /= 2)
        {
            for (var lane = 0; lane < distance; lane++) lanes[lane] += lanes[lane + distance];
        }

        return lanes[0];
    }
}
