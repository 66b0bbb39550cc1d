using System.Globalization;

namespace Fusion.Compiler.Images;

/// <summary>A place in a symbol, and what was seen before it that later places may refer to.</summary>
/// <remarks>Itanium C++ ABI, 5.1.10, "Compression". A symbol may refer to what refers to what …, so texts can grow
/// exponentially and types can nest without end: both are bounded.</remarks>
internal sealed class SymbolCursor(string symbol)
{
    private const int MaxText = 4096;
    private const int MaxDepth = 64;

    private readonly List<string> _seen = [];
    private int _position;
    private int _depth;

    /// <summary>The character here; NUL at the end.</summary>
    public char Current => Ahead(0);

    /// <summary>A character further on; NUL behind the end.</summary>
    /// <param name="distance">How far.</param>
    public char Ahead(int distance) => _position + distance < symbol.Length ? symbol[_position + distance] : '\0';

    /// <summary>Goes on if a text is here.</summary>
    /// <param name="text">The text.</param>
    public bool Take(string text)
    {
        if (string.CompareOrdinal(symbol, _position, text, 0, text.Length) != 0) return false;
        _position += text.Length;
        return true;
    }

    /// <summary>Goes past a text that must be here.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="FormatException">Another text is here.</exception>
    public void Expect(string text)
    {
        if (!Take(text)) throw Unreadable();
    }

    /// <summary>Reads a decimal number.</summary>
    public int Number()
    {
        var start = _position;
        while (char.IsAsciiDigit(Current)) _position++;
        return int.TryParse(symbol.AsSpan(start, _position - start), NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw Unreadable();
    }

    /// <summary>Reads a name with its length before it.</summary>
    public string SourceName()
    {
        var length = Number();
        if (length == 0 || length > symbol.Length - _position) throw Unreadable();
        _position += length;
        return symbol.Substring(_position - length, length);
    }

    /// <summary>Remembers a text for later references.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The same text.</returns>
    public string Remember(string text)
    {
        if (text.Length > MaxText) throw Unreadable();
        _seen.Add(text);
        return text;
    }

    /// <summary>Reads what follows the <c>S</c> of a reference: <c>_</c> is the first, <c>0_</c> the second text.</summary>
    public string Reference() => Index(36) is var index && index < _seen.Count ? _seen[index] : throw Unreadable();

    /// <summary>Reads an index that ends in an underscore and is one more than its digits say.</summary>
    /// <param name="radix">10 or 36.</param>
    public int Index(int radix)
    {
        if (Take("_")) return 0;
        var value = 0;
        while (!Take("_"))
        {
            var c = Current;
            var digit = char.IsAsciiDigit(c) ? c - '0' : char.IsAsciiLetterUpper(c) ? c - 'A' + 10 : radix;
            if (digit >= radix || value > MaxText) throw Unreadable();
            value = (value * radix) + digit;
            _position++;
        }

        return value + 1;
    }

    /// <summary>Reads something inside of something.</summary>
    /// <param name="read">Reads it.</param>
    public string Nested(Func<string> read)
    {
        if (++_depth > MaxDepth) throw Unreadable();
        var text = read();
        _depth--;
        return text.Length > MaxText ? throw Unreadable() : text;
    }

    /// <summary>The error for all that cannot be read.</summary>
    public FormatException Unreadable() => new($"'{symbol}' cannot be read from character {_position} on.");
}
