namespace Fusion.Compiler.Images;

/// <summary>Splits PTX into words (<c>.param</c>, <c>copy_param_0</c>, <c>256</c>), strings and single punctuation marks.
/// White space and comments separate.</summary>
/// <remarks>PTX ISA, "Syntax".</remarks>
internal sealed class PtxScanner(string text)
{
    private int _position;

    /// <summary>The token last read; empty at the end.</summary>
    public string Current { get; private set; } = "";

    /// <summary>Reads the next token.</summary>
    /// <returns>Whether there was one.</returns>
    public bool Next()
    {
        SkipBlanks();
        var start = _position;
        if (start < text.Length)
        {
            _position++;
            if (text[start] == '"') SkipString();
            else if (IsWord(text[start])) SkipWord();
        }

        Current = text[start.._position];
        return Current.Length > 0;
    }

    private static bool IsWord(char c) => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '$' or '%';

    private void SkipWord()
    {
        while (_position < text.Length && IsWord(text[_position])) _position++;
    }

    private void SkipString()
    {
        while (_position < text.Length && text[_position++] != '"')
        {
            if (text[_position - 1] == '\\' && _position < text.Length) _position++;
        }
    }

    private void SkipBlanks()
    {
        while (_position < text.Length)
        {
            var rest = text.AsSpan(_position);
            if (char.IsWhiteSpace(rest[0])) _position++;
            else if (rest.StartsWith("//")) SkipPast("\n", 2);
            else if (rest.StartsWith("/*")) SkipPast("*/", 2);
            else return;
        }
    }

    private void SkipPast(string end, int from)
    {
        var at = text.IndexOf(end, _position + from, StringComparison.Ordinal);
        _position = at < 0 ? text.Length : at + end.Length;
    }
}
