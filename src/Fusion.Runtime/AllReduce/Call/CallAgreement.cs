using System.Globalization;

namespace Fusion.Runtime;

/// <summary>What the ranks' calls of an all-reduce have in common. It travels between processes as it lies in memory.</summary>
/// <param name="Tokens">Number of tokens.</param>
/// <param name="Norm">Kind of the norm.</param>
/// <param name="Quantization">Kind of the quantization.</param>
/// <param name="GroupSize">Number of elements of a group of per-group FP8.</param>
/// <param name="GroupScaleType">Type of its scales.</param>
/// <param name="Layout">Layout of the scales of NVFP4 and MXFP8.</param>
internal readonly record struct AllReduceShape(
    long Tokens, NormKind Norm, QuantizationKind Quantization, int GroupSize, ElementType GroupScaleType, ScaleLayout Layout)
{
    /// <summary>Gets what a call has in common with those of the other ranks.</summary>
    /// <param name="call">The call.</param>
    public static AllReduceShape Of(in AllReduceCall call) => new(
        call.Input.Rows, call.Norm.Kind, call.Quantization.Kind, call.Quantization.GroupSize, call.Quantization.GroupScaleType, call.Quantization.Layout);
}

/// <summary>Checks that ranks launched the same call. Allocates only to throw.</summary>
internal static class CallAgreement
{
    /// <param name="number">Index of the call.</param>
    /// <param name="rank">Index of a rank.</param>
    /// <param name="first">Its call.</param>
    /// <param name="other">Index of another rank.</param>
    /// <param name="call">Its call.</param>
    /// <exception cref="RankGroupException">The calls differ.</exception>
    public static void Check(long number, int rank, in AllReduceShape first, int other, in AllReduceShape call)
    {
        ThrowUnlessSame("tokens", first.Tokens, call.Tokens);
        ThrowUnlessSame("norm", first.Norm, call.Norm);
        ThrowUnlessSame("quantization", first.Quantization, call.Quantization);
        ThrowUnlessSame("elements of a group", first.GroupSize, call.GroupSize);
        ThrowUnlessSame("type of the scales", first.GroupScaleType, call.GroupScaleType);
        ThrowUnlessSame("layout of the scales", first.Layout, call.Layout);

        void ThrowUnlessSame<T>(string what, T expected, T found)
        {
            if (EqualityComparer<T>.Default.Equals(expected, found)) return;
            throw GroupErrors.CallMismatch(number, rank, other, what, Text(expected), Text(found));
        }
    }

    private static string Text<T>(T value) => string.Create(CultureInfo.InvariantCulture, $"{value}");
}
