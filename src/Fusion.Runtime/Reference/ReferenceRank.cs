namespace Fusion.Runtime;

/// <summary>A rank of <see cref="AllReduceReference"/>: reads its inputs and writes its outputs, one token at a
/// time.</summary>
internal sealed class ReferenceRank
{
    private readonly AllReduceCall call;
    private readonly RowFormat format;
    private readonly RowNorm norm;
    private readonly RowQuantizer quantizer;

    public ReferenceRank(in AllReduceCall call, RowFormat format, long tokens, int hidden)
    {
        this.call = call;
        this.format = format;
        norm = new(call.Norm, format, hidden);
        quantizer = new(call, tokens, hidden);
    }

    /// <summary>Adds the rank's input to a sum, in float.</summary>
    public void AddInput(Span<float> sum, long token) => format.AddTo(sum, call.Input, token);

    /// <summary>Copies the sum to <paramref name="to"/>, adds the rank's residual if it has one, and rounds.</summary>
    public void AddResidual(ReadOnlySpan<float> sum, long token, Span<float> to)
    {
        sum.CopyTo(to);
        if (call.Residual is not { } residual) return;
        format.AddTo(to, residual, token);
        format.Round(to);
    }

    /// <summary>Computes norm and quantization of a row in place, and writes all outputs.</summary>
    public void Write(ReadOnlySpan<float> sum, Span<float> row, long token)
    {
        if (call.AllReduceOut is { } allReduceOut) format.Write(sum, allReduceOut, token);
        if (call.ResidualOut is { } residualOut) format.Write(row, residualOut, token);
        norm.Apply(row);
        if (call.NormOut is { } normOut) format.Write(row, normOut, token);
        quantizer.Apply(row, token);
    }
}
