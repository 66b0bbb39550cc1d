namespace Fusion.Runtime;

/// <summary>Checks that no output overlaps another tensor, except for one that replaces an input in place.</summary>
internal static class OverlapValidation
{
    /// <summary>Throws if an output of a call overlaps what it must not.</summary>
    /// <param name="call">A call whose shapes were checked: outputs that may replace an input have its shape and type, so
    /// that an equal address means the same memory.</param>
    public static void Check(in AllReduceCall call)
    {
        CheckOutput(call, nameof(call.AllReduceOut), call.AllReduceOut, 0, mayReplaceInput: true);
        CheckOutput(call, nameof(call.ResidualOut), call.ResidualOut, 1, mayReplaceInput: true);
        CheckOutput(call, nameof(call.NormOut), call.NormOut, 2, mayReplaceInput: true);
        CheckOutput(call, nameof(call.QuantOut), call.QuantOut, 3, mayReplaceInput: false);
        CheckOutput(call, nameof(call.ScaleOut), call.ScaleOut, 4, mayReplaceInput: false);
    }

    private static void CheckOutput(
        in AllReduceCall call, string name, in DeviceTensor? tensor, int index, bool mayReplaceInput)
    {
        if (tensor is not { } output) return;
        ThrowIfOverlapping(name, output, nameof(call.Input), call.Input, mayReplaceInput);
        ThrowIfOverlapping(name, output, nameof(call.Residual), call.Residual, mayReplaceInput);
        ThrowIfOverlapping(name, output, "Norm.Gamma", call.Norm.Gamma, false);
        ThrowIfOverlapping(name, output, "Norm.Beta", call.Norm.Beta, false);
        ThrowIfOverlapping(name, output, "Quantization.Scale", call.Quantization.Scale, false);

        // Only outputs that come later, so that each pair is compared once.
        if (index < 1) ThrowIfOverlapping(name, output, nameof(call.ResidualOut), call.ResidualOut, false);
        if (index < 2) ThrowIfOverlapping(name, output, nameof(call.NormOut), call.NormOut, false);
        if (index < 3) ThrowIfOverlapping(name, output, nameof(call.QuantOut), call.QuantOut, false);
        if (index < 4) ThrowIfOverlapping(name, output, nameof(call.ScaleOut), call.ScaleOut, false);
    }

    private static void ThrowIfOverlapping(
        string name, in DeviceTensor output, string otherName, in DeviceTensor? other, bool maybeInPlace)
    {
        if (other is not { } tensor) return;
        if (maybeInPlace && tensor.Address == output.Address) return;
        var (a, b) = (output.Address, tensor.Address);
        var (aBytes, bBytes) = ((ulong)output.Bytes, (ulong)tensor.Bytes);
        // Unsigned: a negative difference wraps around and is larger than any length.
        if (b - a >= aBytes && a - b >= bBytes) return;
        throw CallErrors.Overlap(
            CallErrors.AllReduceName, name, otherName, Math.Max(a, b), Math.Min(a + aBytes, b + bBytes),
            "that AllReduceOut, ResidualOut or NormOut is exactly Input or Residual, and otherwise that nothing overlaps an output");
    }
}
