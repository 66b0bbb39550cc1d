namespace Fusion.Runtime;

/// <summary>Reference of the fused all-reduce in plain C#, which follows docs/numbers.md step by step in host memory.
/// Kernels are compared with it bit for bit, and ranks on the CPU compute with it. It is written to be clear rather than
/// fast.</summary>
public static class AllReduceReference
{
    /// <summary>Start of a sum: -0, so that a sum of -0 alone is -0, since -0 + x is x for every x.</summary>
    internal const float EmptySum = -0.0f;

    /// <summary>Computes the calls of all ranks and returns when all outputs are written. A token is read on all ranks
    /// before it is written on any, so outputs may replace inputs as <see cref="AllReduceCall"/> allows. With one call
    /// alone, the sum is its input.</summary>
    /// <param name="type">Type of inputs, sums, residuals and norms: bf16, f16 or f32.</param>
    /// <param name="calls">Calls of the ranks, call i being rank i's. All addresses are of host memory.</param>
    /// <exception cref="ArgumentException">There is no call, the calls do not agree, or a tensor's type or size does not
    /// fit; nothing was written.</exception>
    public static void Run(ElementType type, ReadOnlySpan<AllReduceCall> calls)
    {
        // An undefined type is reported before a tensor that does not have it.
        _ = RowFormat.For(type);
        ReferenceCheck.Check(type, calls);
        Compute(type, calls);
    }

    /// <summary>Computes calls that agree and have passed <see cref="CallValidation"/>.</summary>
    /// <param name="type">Type of the operation.</param>
    /// <param name="calls">Calls of the ranks, call i being rank i's.</param>
    internal static void Compute(ElementType type, ReadOnlySpan<AllReduceCall> calls)
    {
        var format = RowFormat.For(type);
        var (tokens, hidden) = (calls[0].Input.Rows, (int)calls[0].Input.Columns);
        var ranks = new ReferenceRank[calls.Length];
        for (var i = 0; i < ranks.Length; i++) ranks[i] = new(calls[i], format, tokens, hidden);

        Parallel.For(
            0L,
            tokens,
            () => new float[(1 + ranks.Length) * hidden],
            (token, _, rows) =>
            {
                Reduce(format, ranks, token, rows);
                return rows;
            },
            _ => { });
    }

    // `rows` has room for the sum and for each rank's row.
    private static void Reduce(RowFormat format, ReferenceRank[] ranks, long token, Span<float> rows)
    {
        var hidden = rows.Length / (1 + ranks.Length);
        var sum = rows[..hidden];
        sum.Fill(EmptySum);
        foreach (var rank in ranks) rank.AddInput(sum, token);
        format.Round(sum);

        for (var i = 0; i < ranks.Length; i++) ranks[i].AddResidual(sum, token, rows.Slice((1 + i) * hidden, hidden));
        for (var i = 0; i < ranks.Length; i++) ranks[i].Write(sum, rows.Slice((1 + i) * hidden, hidden), token);
    }
}
