namespace Fusion.Runtime;

/// <summary>Looks for outputs that share memory with what they must not.</summary>
internal static class OverlapValidation
{
    /// <summary>Checks a call.</summary>
    /// <param name="call">The call, whose shapes were checked: an output of a whole token's type then has the shape of the
    /// input, so that the same address means the same memory.</param>
    public static void Check(in AllReduceCall call)
    {
        Output(call, nameof(call.AllReduceOut), call.AllReduceOut, 0, mayReplaceInput: true);
        Output(call, nameof(call.ResidualOut), call.ResidualOut, 1, mayReplaceInput: true);
        Output(call, nameof(call.NormOut), call.NormOut, 2, mayReplaceInput: true);
        Output(call, nameof(call.QuantOut), call.QuantOut, 3, mayReplaceInput: false);
        Output(call, nameof(call.ScaleOut), call.ScaleOut, 4, mayReplaceInput: false);
    }

    private static void Output(
        in AllReduceCall call, string name, in DeviceTensor? tensor, int number, bool mayReplaceInput)
    {
        if (tensor is not { } output) return;
        Apart(name, output, nameof(call.Input), call.Input, mayReplaceInput);
        Apart(name, output, nameof(call.Residual), call.Residual, mayReplaceInput);
        Apart(name, output, "Norm.Gamma", call.Norm.Gamma, false);
        Apart(name, output, "Norm.Beta", call.Norm.Beta, false);
        Apart(name, output, "Quantization.Scale", call.Quantization.Scale, false);

        // Each pair of outputs once.
        if (number < 1) Apart(name, output, nameof(call.ResidualOut), call.ResidualOut, false);
        if (number < 2) Apart(name, output, nameof(call.NormOut), call.NormOut, false);
        if (number < 3) Apart(name, output, nameof(call.QuantOut), call.QuantOut, false);
        if (number < 4) Apart(name, output, nameof(call.ScaleOut), call.ScaleOut, false);
    }

    private static void Apart(
        string name, in DeviceTensor output, string otherName, in DeviceTensor? other, bool maybeTheSame)
    {
        if (other is not { } tensor) return;
        if (maybeTheSame && tensor.Address == output.Address) return;
        var (a, b) = (output.Address, tensor.Address);
        var (aBytes, bBytes) = ((ulong)output.Bytes, (ulong)tensor.Bytes);
        // Unsigned differences: the one that is below the other is past any length.
        if (b - a >= aBytes && a - b >= bBytes) return;
        throw new OverlapException(name, otherName, Math.Max(a, b), Math.Min(a + aBytes, b + bBytes));
    }
}
