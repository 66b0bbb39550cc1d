using System.Globalization;

namespace Fusion.Compiler.Images;

/// <summary>A <c>__constant__</c>, <c>__device__</c> or <c>__managed__</c> variable as the source declares it, outside of functions and
/// classes.</summary>
/// <param name="Name">Name with its namespaces: <c>math::table</c>; anonymous namespaces are left out.</param>
/// <param name="ElementType">Type of the variable, or of an array's elements, in one spelling.</param>
/// <param name="Dimensions">Text between the brackets of each dimension of an array; none for a single value.</param>
internal sealed record SourceVariable(string Name, string ElementType, IReadOnlyList<string> Dimensions)
{
    /// <summary>Whether the value is known when the source is compiled, so that writing it has no effect.</summary>
    public bool IsConst { get; init; }

    /// <summary>Where its declaration starts in the text.</summary>
    public int Start { get; init; }

    /// <summary>Where the comments above it may start: behind the token before it.</summary>
    public int CommentStart { get; init; }

    /// <summary>The type with its dimensions: <c>float[2][8]</c>.</summary>
    public string Type => ElementType + string.Concat(Dimensions.Select(dimension => $"[{dimension}]"));

    /// <summary>Number of elements; 0 if a dimension is no number in digits.</summary>
    public long Count
    {
        get
        {
            var count = 1L;
            foreach (var dimension in Dimensions) count *= Number(dimension);
            return count;
        }
    }

    private static long Number(string text)
    {
        var digits = text.Replace("'", "").TrimEnd('u', 'U', 'l', 'L');
        var isHex = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        var style = isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None;
        var isOctal = digits.Length > 1 && digits[0] == '0' && !isHex;
        return !isOctal && int.TryParse(isHex ? digits[2..] : digits, style, CultureInfo.InvariantCulture, out var number) ? number : 0;
    }
}
