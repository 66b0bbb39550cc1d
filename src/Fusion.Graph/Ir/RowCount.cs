using System.Globalization;

namespace Fusion.Graph;

/// <summary>Number of rows of a tensor: fixed, or a number for each token of a run.</summary>
public readonly record struct RowCount
{
    /// <summary>Makes a number of rows.</summary>
    /// <param name="count">Number of all rows, or of the rows for each token; 1 or more.</param>
    /// <param name="isPerToken">Whether the number is for each token.</param>
    public RowCount(int count, bool isPerToken) => (Count, IsPerToken) = (count, isPerToken);

    /// <summary>Number of all rows, or of the rows for each token; 1 or more.</summary>
    public int Count { get; init; }

    /// <summary>Whether the number is for each token.</summary>
    public bool IsPerToken { get; init; }

    /// <summary>One row for each token.</summary>
    public static RowCount Tokens { get; } = new(1, true);

    /// <summary>Makes a number of rows that does not depend on the tokens.</summary>
    /// <param name="count">Number of rows.</param>
    public static RowCount Of(int count) => new(count, false);

    /// <summary>Makes a number of rows for each token, such as its heads.</summary>
    /// <param name="count">Number of rows.</param>
    public static RowCount PerToken(int count) => new(count, true);

    /// <summary>Computes the number of rows in a run.</summary>
    /// <param name="tokens">Number of tokens of the run.</param>
    public long At(int tokens) => IsPerToken ? (long)Count * tokens : Count;

    /// <summary>Writes the number as <c>tokens</c>, <c>32*tokens</c> or <c>128</c>.</summary>
    public override string ToString() => !IsPerToken ? Count.ToString(CultureInfo.InvariantCulture)
        : Count == 1 ? "tokens" : string.Create(CultureInfo.InvariantCulture, $"{Count}*tokens");
}
