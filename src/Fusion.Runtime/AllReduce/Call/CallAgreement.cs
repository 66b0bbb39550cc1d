using System.Globalization;

namespace Fusion.Runtime;

/// <summary>Checks that the ranks launched the same call. Allocates only to throw.</summary>
internal static class CallAgreement
{
    /// <exception cref="RankGroupException">The calls of two ranks differ.</exception>
    public static void Check(long number, ReadOnlySpan<AllReduceCall> calls)
    {
        ref readonly var first = ref calls[0];
        for (var rank = 1; rank < calls.Length; rank++)
        {
            ref readonly var call = ref calls[rank];
            ThrowUnlessSame("tokens", first.Input.Rows, call.Input.Rows);
            ThrowUnlessSame("norm", first.Norm.Kind, call.Norm.Kind);
            ThrowUnlessSame("quantization", first.Quantization.Kind, call.Quantization.Kind);
            ThrowUnlessSame("elements of a group", first.Quantization.GroupSize, call.Quantization.GroupSize);
            ThrowUnlessSame("type of the scales", first.Quantization.GroupScaleType, call.Quantization.GroupScaleType);
            ThrowUnlessSame("layout of the scales", first.Quantization.Layout, call.Quantization.Layout);

            void ThrowUnlessSame<T>(string what, T expected, T found)
            {
                if (EqualityComparer<T>.Default.Equals(expected, found)) return;
                throw GroupErrors.CallMismatch(number, 0, rank, what, Text(expected), Text(found));
            }
        }
    }

    private static string Text<T>(T value) => string.Create(CultureInfo.InvariantCulture, $"{value}");
}
