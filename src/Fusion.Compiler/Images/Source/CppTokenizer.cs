namespace Fusion.Compiler.Images;

/// <summary>Splits C++ into tokens without preprocessing it: comments go, a directive becomes one token, and what stands
/// between <c>#if 0</c> and its end goes too.</summary>
/// <remarks>Takes any text: what is not closed ends with the line or the text.</remarks>
internal sealed class CppTokenizer
{
    private readonly string _text;
    private readonly List<CppToken> _tokens = [];
    private int _position;
    private bool _atLineStart;

    private CppTokenizer(string text) => _text = text;

    /// <summary>Splits a text.</summary>
    /// <param name="text">The content of a source file or header.</param>
    /// <param name="startsLine">Whether a <c>#</c> at its start begins a directive.</param>
    public static IReadOnlyList<CppToken> Read(string text, bool startsLine = true)
    {
        var tokenizer = new CppTokenizer(text) { _atLineStart = startsLine };
        while (tokenizer._position < text.Length) tokenizer.ReadOne();
        return DisabledCode.Remove(tokenizer._tokens);
    }

    private char At(int ahead) => _position + ahead < _text.Length ? _text[_position + ahead] : '\0';

    private void ReadOne()
    {
        if (SkipBlank() || SkipComment()) return;
        var c = At(0);
        if (c == '#' && _atLineStart)
        {
            ReadDirective();
            return;
        }

        _atLineStart = false;
        var start = _position;
        if (SkipLiteral()) Add(CppTokenKind.Literal, "", start);
        else if (IsWordStart(c)) ReadWhile(CppTokenKind.Word, IsWordPart);
        else if (char.IsAsciiDigit(c) || (c == '.' && char.IsAsciiDigit(At(1)))) ReadWhile(CppTokenKind.Number, IsNumberPart);
        else ReadMark();
    }

    private void Add(CppTokenKind kind, string text, int start) =>
        _tokens.Add(new CppToken(kind, text) { Start = start, End = _position });

    private static bool IsWordStart(char c) => char.IsLetter(c) || c is '_' or '$';

    private static bool IsWordPart(char c) => char.IsLetterOrDigit(c) || c is '_' or '$';

    // The apostrophe separates digits.
    private static bool IsNumberPart(char c) => IsWordPart(c) || c is '.' or '\'';

    private void ReadWhile(CppTokenKind kind, Func<char, bool> isPart)
    {
        var start = _position;
        while (_position < _text.Length && isPart(_text[_position])) _position++;
        Add(kind, _text[start.._position], start);
    }

    private void ReadMark()
    {
        var rest = _text.AsSpan(_position);
        var length = rest.StartsWith("...") ? 3 : rest.StartsWith("::") || rest.StartsWith("->") ? 2 : 1;
        var start = _position;
        _position += length;
        Add(CppTokenKind.Mark, _text.Substring(start, length), start);
    }

    private bool SkipBlank()
    {
        if (SkipSplice()) return true;
        if (!char.IsWhiteSpace(At(0))) return false;
        if (At(0) == '\n') _atLineStart = true;
        _position++;
        return true;
    }

    // A backslash at a line's end joins the next line to it.
    private bool SkipSplice()
    {
        if (At(0) != '\\') return false;
        var length = At(1) == '\n' ? 2 : At(1) == '\r' && At(2) == '\n' ? 3 : 0;
        _position += length;
        return length > 0;
    }

    private bool SkipComment()
    {
        if (At(0) != '/') return false;
        if (At(1) == '*')
        {
            var end = _text.IndexOf("*/", _position + 2, StringComparison.Ordinal);
            _position = end < 0 ? _text.Length : end + 2;
            return true;
        }

        if (At(1) != '/') return false;
        while (_position < _text.Length && At(0) != '\n')
        {
            if (!SkipSplice()) _position++;
        }

        return true;
    }

    private void ReadDirective()
    {
        var first = _tokens.Count;
        var start = _position;
        _position++;
        while (_position < _text.Length && At(0) != '\n')
        {
            if (SkipSplice() || SkipComment() || SkipLiteral()) continue;
            if (IsWordStart(At(0))) ReadWhile(CppTokenKind.Word, IsWordPart);
            else if (char.IsAsciiDigit(At(0))) ReadWhile(CppTokenKind.Number, IsNumberPart);
            else _position++;
        }

        var words = _tokens.Skip(first).Select(token => token.Text).ToArray();
        _tokens.RemoveRange(first, words.Length);
        Add(CppTokenKind.Directive, words is ["if", "0" or "false"] ? DisabledCode.Start : words.FirstOrDefault(""), start);
        _tokens[^1] = _tokens[^1] with { Words = words };
    }

    private bool SkipLiteral()
    {
        foreach (var prefix in (ReadOnlySpan<string>)["", "u8", "u", "U", "L"])
        {
            if (string.CompareOrdinal(_text, _position, prefix, 0, prefix.Length) != 0) continue;
            var next = At(prefix.Length);
            if (next is '"' or '\'')
            {
                _position += prefix.Length;
                SkipQuoted(next);
                return true;
            }

            if (next == 'R' && At(prefix.Length + 1) == '"')
            {
                _position += prefix.Length + 2;
                SkipRaw();
                return true;
            }
        }

        return false;
    }

    private void SkipQuoted(char quote)
    {
        _position++;
        while (_position < _text.Length && At(0) != '\n')
        {
            if (SkipSplice()) continue;
            var c = At(0);
            _position += c == '\\' && At(1) != '\n' ? 2 : 1;
            if (c == quote) break;
        }

        _position = Math.Min(_position, _text.Length);
    }

    // R"mark( … )mark"
    private void SkipRaw()
    {
        var open = _text.IndexOf('(', _position);
        if (open < 0)
        {
            _position = _text.Length;
            return;
        }

        var close = $"){_text[_position..open]}\"";
        var end = _text.IndexOf(close, open, StringComparison.Ordinal);
        _position = end < 0 ? _text.Length : end + close.Length;
    }
}
