using System.Globalization;
using Fusion.Compiler.Images;

namespace Fusion.Compiler.Launchers;

/// <summary>Evaluates expressions of whole numbers, such as the sizes of arrays.</summary>
/// <param name="types">The constants that are known.</param>
internal sealed class ConstantExpression(DeclaredTypes types)
{
    private const int DeepestName = 32;

    private IReadOnlyList<CppToken> tokens = [];
    private int at;
    private int depth;

    /// <summary>Evaluates an expression.</summary>
    /// <param name="expression">Tokens of the expression.</param>
    /// <returns>Null if it has anything but numbers, known constants and arithmetic.</returns>
    public long? Evaluate(IReadOnlyList<CppToken> expression)
    {
        var (outer, outerAt) = (tokens, at);
        (tokens, at) = (expression, 0);
        try
        {
            var value = Shift();
            return at == tokens.Count ? value : null;
        }
        catch (OverflowException)
        {
            return null;
        }
        finally
        {
            (tokens, at) = (outer, outerAt);
        }
    }

    private bool Take(string mark)
    {
        if (at >= tokens.Count || !tokens[at].IsMark(mark)) return false;
        at++;
        return true;
    }

    // << is two marks.
    private long? Shift()
    {
        var value = Sum();
        while (at + 1 < tokens.Count && tokens[at].IsMark("<") && tokens[at + 1].IsMark("<"))
        {
            at += 2;
            value = value is { } left && Sum() is { } right and >= 0 and < 63 ? checked(left * (1L << (int)right)) : null;
        }

        return value;
    }

    private long? Sum()
    {
        var value = Product();
        while (true)
        {
            if (Take("+")) value = Product() is { } right && value is { } left ? checked(left + right) : null;
            else if (Take("-")) value = Product() is { } other && value is { } first ? checked(first - other) : null;
            else return value;
        }
    }

    private long? Product()
    {
        var value = Single();
        while (true)
        {
            if (Take("*")) value = Single() is { } right && value is { } left ? checked(left * right) : null;
            else if (Take("/")) value = Single() is { } by and not 0 && value is { } whole ? whole / by : null;
            else return value;
        }
    }

    private long? Single()
    {
        if (Take("-")) return -Single();
        if (Take("("))
        {
            var inner = Shift();
            return Take(")") ? inner : null;
        }

        if (at >= tokens.Count) return null;
        var token = tokens[at++];
        if (token.Kind == CppTokenKind.Number) return Number(token.Text);
        if (!token.IsWord || DeclaredTypes.Find(types.Constants, token.Text, "") is not { Length: > 0 } expression || depth == DeepestName) return null;
        depth++;
        var value = Evaluate(CppTokenizer.Read(expression));
        depth--;
        return value;
    }

    private static long? Number(string text)
    {
        var digits = text.Replace("'", "", StringComparison.Ordinal).TrimEnd('u', 'U', 'l', 'L');
        var isHex = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        if (digits.Length > 1 && digits[0] == '0' && !isHex) return null;
        return long.TryParse(isHex ? digits[2..] : digits, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number : null;
    }
}
