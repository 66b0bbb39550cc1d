namespace Fusion.Runtime.Tests;

/// <summary>docs/numbers.md once more, one element at a time and as the page words it, sharing nothing with the product:
/// rounding looks for the nearest code, the tree is recursive, scales are laid out tile by tile.</summary>
internal static class ContractModel
{
    public static RankOutputs Of(AllReduceShape shape, AllReduceInputs inputs)
    {
        var tokens = inputs.Ranks[0].Length;
        var sums = Rows(tokens, t => Elements(shape.Hidden, i => Sum(shape, inputs, t, i)));
        var added = Rows(tokens, t => Elements(shape.Hidden, i =>
            inputs.Residual is { } r ? Round(shape, sums[t][i] + r[t][i]) : sums[t][i]));
        var normed = Rows(tokens, t => Norm(shape, inputs, added[t]));
        var quantized = ContractQuantization.Of(shape, normed);
        return new(sums, added, normed, quantized.Codes, quantized.Scales);
    }

    private static float Sum(AllReduceShape shape, AllReduceInputs inputs, int token, int column) =>
        Round(shape, inputs.Ranks.Select(rank => rank[token][column]).Aggregate((sum, x) => sum + x));

    private static float[] Norm(AllReduceShape shape, AllReduceInputs inputs, float[] h)
    {
        if (shape.Norm == NormKind.None) return h;
        var mean = shape.Norm == NormKind.Layer ? RowSum(h, VectorSum) / (float)shape.Hidden : 0;
        var d = shape.Norm == NormKind.Layer ? Elements(h.Length, i => h[i] - mean) : h;
        var rstd = (float)(1 / Math.Sqrt((RowSum(d, VectorSumOfSquares) / (float)shape.Hidden) + shape.Epsilon));
        return Elements(h.Length, i =>
        {
            var w = shape.WeightBias + inputs.Gamma[i];
            return shape.Norm switch
            {
                NormKind.Rms => Round(shape, h[i] * rstd * w),
                NormKind.RmsRoundedTwice => Round(shape, Round(shape, h[i] * rstd) * w),
                _ => Round(shape, MathF.FusedMultiplyAdd(d[i] * rstd, w, inputs.Beta?[i] ?? -0f)),
            };
        });
    }

    /// <summary>The row's tree, from its root.</summary>
    public static float RowSum(float[] row, Func<float[], float> vectorSum)
    {
        var vectors = row.Chunk(8).Select(vectorSum).ToArray();
        return Butterfly(0, 1, lane => LaneTotal(lane));

        float LaneTotal(int lane)
        {
            var total = 0f;
            for (var tile = lane; tile * 32 < vectors.Length; tile += 32) total += TileSum(tile);
            return total;
        }

        float TileSum(int tile) =>
            Butterfly(0, 1, lane => (tile * 32) + lane < vectors.Length ? vectors[(tile * 32) + lane] : 0);
    }

    public static float VectorSum(float[] e) => ((e[0] + e[1]) + (e[2] + e[3])) + ((e[4] + e[5]) + (e[6] + e[7]));

    public static float VectorSumOfSquares(float[] e)
    {
        var pairs = e.Chunk(2).Select(pair => MathF.FusedMultiplyAdd(pair[1], pair[1], pair[0] * pair[0])).ToArray();
        return (pairs[0] + pairs[1]) + (pairs[2] + pairs[3]);
    }

    // What a lane holds after it was added to its neighbour at `distance`: the last distance is 1, the first 16.
    private static float Butterfly(int lane, int distance, Func<int, float> leaf) => distance == 32
        ? leaf(lane)
        : Butterfly(lane, distance * 2, leaf) + Butterfly(lane ^ distance, distance * 2, leaf);

    private static float Round(AllReduceShape shape, float value) => AllReduceInputs.Round(shape.Type, value);

    private static float[][] Rows(int tokens, Func<int, float[]> row) => [.. Enumerable.Range(0, tokens).Select(row)];

    private static float[] Elements(int hidden, Func<int, float> element) =>
        [.. Enumerable.Range(0, hidden).Select(element)];
}
