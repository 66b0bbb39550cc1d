using System.Globalization;

namespace Fusion.Emulation.Ptx;

/// <summary>Reads the words of PTX one after the other.</summary>
internal sealed class TokenCursor(string text)
{
    private readonly List<Token> tokens = new PtxLexer(text).ReadAll();
    private int at;

    public Token Current => tokens[at];

    public Token Following => tokens[Math.Min(at + 1, tokens.Count - 1)];

    public int Line => Current.Line;

    public bool IsEnd => Current.Kind == TokenKind.End;

    public Token Take() => tokens[at < tokens.Count - 1 ? at++ : at];

    public bool TryTake(string sign)
    {
        if (!Current.Is(sign)) return false;
        Take();
        return true;
    }

    public void Expect(string sign)
    {
        if (!TryTake(sign)) throw PtxException.At(Line, $"there is '{Current.Value}' where '{sign}' was expected.");
    }

    public string Word()
    {
        if (Current.Kind != TokenKind.Word) throw PtxException.At(Line, $"there is '{Current.Value}' where a name was expected.");
        return Take().Value;
    }

    public int Int() => checked((int)Number(out _));

    /// <summary>Reads a number, with its sign.</summary>
    /// <param name="floatBytes">Size of the float that the number is; 0 for an integer.</param>
    /// <returns>The integer, or the float's bits.</returns>
    public long Number(out int floatBytes)
    {
        var isNegative = TryTake("-");
        // An offset is written as '+-8' too.
        if (!isNegative && TryTake("+")) isNegative = TryTake("-");
        if (Current.Kind != TokenKind.Number) throw PtxException.At(Line, $"there is '{Current.Value}' where a number was expected.");
        var word = Take().Value;
        try
        {
            var value = Parse(word, out floatBytes);
            return !isNegative ? value : floatBytes switch
            {
                0 => -value,
                4 => value ^ 0x80000000L,
                _ => value ^ long.MinValue,
            };
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            throw PtxException.At(Line, $"'{word}' is not a number.");
        }
    }

    /// <summary>Skips what stands between braces, with the braces.</summary>
    public void SkipBraces()
    {
        Expect("{");
        for (var depth = 1; depth > 0;)
        {
            if (IsEnd) throw PtxException.At(Line, "a brace is not closed.");
            var token = Take();
            if (token.Is("{")) depth++;
            if (token.Is("}")) depth--;
        }
    }

    /// <summary>Skips to behind the next semicolon.</summary>
    public void SkipStatement()
    {
        while (!TryTake(";"))
        {
            if (IsEnd) throw PtxException.At(Line, "a statement has no semicolon.");
            Take();
        }
    }

    private static long Parse(string word, out int floatBytes)
    {
        floatBytes = 0;
        if (word.Length == 10 && word.StartsWith("0f", StringComparison.OrdinalIgnoreCase))
        {
            floatBytes = 4;
            return uint.Parse(word.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        }

        if (word.Length == 18 && word.StartsWith("0d", StringComparison.OrdinalIgnoreCase))
        {
            floatBytes = 8;
            return long.Parse(word.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        }

        var digits = word.AsSpan().TrimEnd('U');
        if (digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
            return (long)ulong.Parse(digits[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        if (digits.StartsWith("0b", StringComparison.OrdinalIgnoreCase))
            return (long)ulong.Parse(digits[2..], NumberStyles.AllowBinarySpecifier, CultureInfo.InvariantCulture);
        if (digits.ContainsAny('.', 'e', 'E'))
        {
            floatBytes = 8;
            return BitConverter.DoubleToInt64Bits(double.Parse(digits, NumberStyles.Float, CultureInfo.InvariantCulture));
        }

        return digits.Length > 1 && digits[0] == '0'
            ? Convert.ToInt64(digits.ToString(), 8)
            : (long)ulong.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);
    }
}
