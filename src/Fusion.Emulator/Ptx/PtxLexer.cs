using System.Text;

namespace Fusion.Emulation.Ptx;

/// <summary>Kind of a word of PTX.</summary>
internal enum TokenKind
{
    End,
    Word,
    Number,
    Text,
    Sign,
}

/// <summary>A word of PTX. A sign is one character; the value of a text is what stands between the quotes.</summary>
internal readonly record struct Token(TokenKind Kind, string Value, int Line)
{
    public bool Is(string sign) => Kind is TokenKind.Sign or TokenKind.Word && Value == sign;
}

/// <summary>Splits PTX into words. Opcodes and directives are one word with their dots and double colons.</summary>
internal sealed class PtxLexer(string text)
{
    private int at;
    private int line = 1;

    public List<Token> ReadAll()
    {
        var tokens = new List<Token>();
        Token token;
        do
        {
            tokens.Add(token = Next());
        }
        while (token.Kind != TokenKind.End);

        return tokens;
    }

    private Token Next()
    {
        SkipBlanks();
        if (at >= text.Length || text[at] == '\0') return new(TokenKind.End, "the end", line);
        var start = at;
        var c = text[at];
        if (char.IsAsciiDigit(c))
        {
            while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] == '.')) at++;
            return new(TokenKind.Number, text[start..at], line);
        }

        if (IsWord(c))
        {
            while (at < text.Length && (IsWord(text[at]) || char.IsAsciiDigit(text[at]) || SkipColons())) at++;
            return new(TokenKind.Word, text[start..at], line);
        }

        if (c == '"') return ReadText();
        at++;
        return "{}[]()<>,;:+-!|@=*/~&^?".Contains(c, StringComparison.Ordinal)
            ? new(TokenKind.Sign, c.ToString(), line)
            : throw PtxException.At(line, $"there is an unexpected character '{c}' (U+{(int)c:X4}).");
    }

    private static bool IsWord(char c) => char.IsAsciiLetter(c) || c is '_' or '$' or '%' or '.';

    private bool SkipColons()
    {
        if (at + 2 >= text.Length || text[at] != ':' || text[at + 1] != ':' || !char.IsAsciiLetterOrDigit(text[at + 2])) return false;
        at++;
        return true;
    }

    private Token ReadText()
    {
        var value = new StringBuilder();
        for (at++; at < text.Length && text[at] != '"'; at++)
        {
            if (text[at] == '\n') break;
            value.Append(text[at]);
        }

        if (at >= text.Length || text[at] != '"') throw PtxException.At(line, "a text has no closing quote.");
        at++;
        return new(TokenKind.Text, value.ToString(), line);
    }

    private void SkipBlanks()
    {
        while (at < text.Length)
        {
            if (text[at] == '\n') line++;
            else if (text.AsSpan(at).StartsWith("//", StringComparison.Ordinal)) SkipTo("\n");
            else if (text.AsSpan(at).StartsWith("/*", StringComparison.Ordinal)) SkipComment();
            else if (!char.IsWhiteSpace(text[at])) return;
            if (at < text.Length) at++;
        }
    }

    private void SkipTo(string end)
    {
        var found = text.IndexOf(end, at, StringComparison.Ordinal);
        at = found < 0 ? text.Length : found - 1;
    }

    private void SkipComment()
    {
        var found = text.IndexOf("*/", at + 2, StringComparison.Ordinal);
        if (found < 0) throw PtxException.At(line, "a comment does not end.");
        line += text.AsSpan(at, found - at).Count('\n');
        at = found + 1;
    }
}
