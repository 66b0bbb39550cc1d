namespace Fusion.Runtime;

/// <summary>Computes the norm of a rank's rows: docs/numbers.md, step 3.</summary>
internal sealed class RowNorm
{
    private readonly RowFormat format;
    private readonly NormKind kind;
    private readonly float epsilon;
    private readonly float[] weights = [];
    private readonly float[] beta = [];

    /// <summary>Reads gamma and beta once for all rows.</summary>
    /// <param name="norm">The norm, whose tensors are in host memory.</param>
    /// <param name="format">Format of the operation's type.</param>
    /// <param name="hidden">Number of elements of a row.</param>
    public RowNorm(in Normalization norm, RowFormat format, int hidden)
    {
        this.format = format;
        kind = norm.Kind;
        epsilon = norm.Epsilon;
        if (kind == NormKind.None) return;

        weights = new float[hidden];
        if (norm.Gamma is { } gamma) format.Read(Row(gamma), 0, weights);
        foreach (ref var weight in weights.AsSpan()) weight = norm.WeightBias + weight;

        // -0 adds nothing, not even to -0.
        beta = new float[hidden];
        beta.AsSpan().Fill(-0.0f);
        if (kind == NormKind.Layer && norm.Beta is { } addend) format.Read(Row(addend), 0, beta);
    }

    /// <summary>Computes 1/sqrt(value), correctly rounded; kernels/cu/fusion/norm/rsqrt.cuh says why it is.</summary>
    /// <param name="value">The number.</param>
    public static float ReciprocalRoot(float value) => (float)(1.0 / Math.Sqrt(value));

    /// <summary>Replaces a row with its norm, rounded to the type.</summary>
    /// <param name="row">The row, which is overwritten.</param>
    public void Apply(Span<float> row)
    {
        switch (kind)
        {
            case NormKind.Rms:
                Scale(row, ReciprocalRoot((RowSum.OfSquares(row) / row.Length) + epsilon));
                Multiply(row, weights);
                break;
            case NormKind.RmsRoundedTwice:
                Scale(row, ReciprocalRoot((RowSum.OfSquares(row) / row.Length) + epsilon));
                format.Round(row);
                Multiply(row, weights);
                break;
            case NormKind.Layer:
                var mean = RowSum.Of(row) / row.Length;
                foreach (ref var element in row) element -= mean;
                Scale(row, ReciprocalRoot((RowSum.OfSquares(row) / row.Length) + epsilon));
                for (var i = 0; i < row.Length; i++) row[i] = MathF.FusedMultiplyAdd(row[i], weights[i], beta[i]);
                break;
            default:
                return;
        }

        format.Round(row);
    }

    // The vector may also be given as a column.
    private static DeviceTensor Row(in DeviceTensor vector) => DeviceTensor.Vector(vector.Address, vector.Type, vector.Count);

    private static void Scale(Span<float> row, float factor)
    {
        foreach (ref var element in row) element *= factor;
    }

    private static void Multiply(Span<float> row, ReadOnlySpan<float> factors)
    {
        for (var i = 0; i < row.Length; i++) row[i] *= factors[i];
    }
}
