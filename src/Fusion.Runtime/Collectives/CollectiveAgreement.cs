using System.Globalization;

namespace Fusion.Runtime;

/// <summary>Checks that ranks launched the same call of a collective. Allocates only to throw.</summary>
internal static class CollectiveAgreement
{
    /// <param name="number">Index of the call.</param>
    /// <param name="rank">Index of a rank.</param>
    /// <param name="first">Its call.</param>
    /// <param name="other">Index of another rank.</param>
    /// <param name="call">Its call.</param>
    /// <exception cref="RankGroupException">The calls differ.</exception>
    public static void Check(long number, int rank, CollectiveShape first, int other, CollectiveShape call)
    {
        ThrowUnlessSame("collective", first.Name, call.Name);
        ThrowUnlessSame("type", first.Type, call.Type);
        ThrowUnlessSame("rows", first.Rows, call.Rows);
        ThrowUnlessSame("columns", first.Columns, call.Columns);
        ThrowUnlessSame("choices", first.Choices, call.Choices);

        void ThrowUnlessSame<T>(string what, T expected, T found)
        {
            if (EqualityComparer<T>.Default.Equals(expected, found)) return;
            throw GroupErrors.CallMismatch(number, rank, other, what, Text(expected), Text(found));
        }
    }

    private static string Text<T>(T value) => string.Create(CultureInfo.InvariantCulture, $"{value}");
}
