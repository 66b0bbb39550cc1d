using System.Globalization;

namespace Fusion.Runtime;

/// <summary>Whether the ranks launched the same call. Allocates only to throw.</summary>
internal static class CallAgreement
{
    /// <exception cref="CallMismatchException">They did not.</exception>
    public static void Check(long number, ReadOnlySpan<AllReduceCall> calls)
    {
        ref readonly var first = ref calls[0];
        for (var rank = 1; rank < calls.Length; rank++)
        {
            ref readonly var call = ref calls[rank];
            Same("tokens", first.Input.Rows, call.Input.Rows);
            Same("norm", first.Norm.Kind, call.Norm.Kind);
            Same("quantization", first.Quantization.Kind, call.Quantization.Kind);
            Same("elements of a group", first.Quantization.GroupSize, call.Quantization.GroupSize);
            Same("type of the scales", first.Quantization.GroupScaleType, call.Quantization.GroupScaleType);
            Same("layout of the scales", first.Quantization.Layout, call.Quantization.Layout);

            void Same<T>(string what, T expected, T found)
            {
                if (EqualityComparer<T>.Default.Equals(expected, found)) return;
                throw new CallMismatchException(number, 0, rank, what, Text(expected), Text(found));
            }
        }
    }

    private static string Text<T>(T value) => string.Create(CultureInfo.InvariantCulture, $"{value}");
}
