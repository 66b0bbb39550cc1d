using System.Globalization;

namespace Fusion.Graph;

/// <summary>Number of rows of a tensor: fixed, or so many for each token of a run, whose number is not known before
/// it.</summary>
/// <param name="Count">How many, 1 or more: of all, or for each token.</param>
/// <param name="IsPerToken">Whether it is for each token.</param>
public readonly record struct RowCount(int Count, bool IsPerToken)
{
    /// <summary>One row for each token.</summary>
    public static RowCount Tokens { get; } = new(1, true);

    /// <summary>A number of rows that does not depend on the tokens.</summary>
    /// <param name="count">How many.</param>
    public static RowCount Of(int count) => new(count, false);

    /// <summary>Several rows for each token, such as its heads.</summary>
    /// <param name="count">How many.</param>
    public static RowCount PerToken(int count) => new(count, true);

    /// <summary>The number in a run.</summary>
    /// <param name="tokens">Tokens of the run.</param>
    public long At(int tokens) => IsPerToken ? (long)Count * tokens : Count;

    /// <summary><c>tokens</c>, <c>32*tokens</c>, <c>128</c>.</summary>
    public override string ToString() => !IsPerToken ? Count.ToString(CultureInfo.InvariantCulture)
        : Count == 1 ? "tokens" : string.Create(CultureInfo.InvariantCulture, $"{Count}*tokens");
}
