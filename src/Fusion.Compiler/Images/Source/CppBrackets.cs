namespace Fusion.Compiler.Images;

/// <summary>Finds the ends of brackets in tokens of C++.</summary>
internal static class CppBrackets
{
    /// <summary>Finds the end of what an opening parenthesis, bracket or brace starts.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="open">Index of the opening one.</param>
    /// <returns>Index behind the closing one, or the number of tokens if there is none.</returns>
    public static int End(IReadOnlyList<CppToken> tokens, int open)
    {
        var depth = 0;
        for (var i = open; i < tokens.Count; i++)
        {
            depth += Step(tokens[i]);
            if (depth <= 0) return i + 1;
        }

        return tokens.Count;
    }

    /// <summary>Finds the end of a template's argument or parameter list.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="open">Index of its <c>&lt;</c>.</param>
    /// <returns>Index behind its <c>&gt;</c>; null if this is no such list but a comparison.</returns>
    public static int? AngleEnd(IReadOnlyList<CppToken> tokens, int open)
    {
        var depth = 0;
        for (var i = open; i < tokens.Count; i++)
        {
            var token = tokens[i];
            if (token.IsMark(";") || Step(token) < 0) return null;
            if (Step(token) > 0) i = End(tokens, i) - 1;
            else if (token.IsMark("<")) depth++;
            else if (token.IsMark(">") && --depth == 0) return i + 1;
        }

        return null;
    }

    /// <summary>Splits tokens at the commas outside all brackets.</summary>
    /// <param name="tokens">The tokens.</param>
    public static IEnumerable<IReadOnlyList<CppToken>> SplitAtCommas(IReadOnlyList<CppToken> tokens)
    {
        var start = 0;
        for (var i = 0; i < tokens.Count; i++)
        {
            if (Step(tokens[i]) > 0) i = End(tokens, i) - 1;
            else if (tokens[i].IsMark("<")) i = (AngleEnd(tokens, i) ?? i + 1) - 1;
            else if (tokens[i].IsMark(","))
            {
                yield return tokens.Slice(start, i);
                start = i + 1;
            }
        }

        yield return tokens.Slice(start, tokens.Count);
    }

    /// <summary>A part of some tokens.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="start">Index of the first one.</param>
    /// <param name="end">Index behind the last one.</param>
    public static IReadOnlyList<CppToken> Slice(this IReadOnlyList<CppToken> tokens, int start, int end) =>
        start >= end ? [] : [.. tokens.Skip(start).Take(end - start)];

    private static int Step(CppToken token) => token.Kind != CppTokenKind.Mark
        ? 0
        : token.Text switch { "(" or "[" or "{" => 1, ")" or "]" or "}" => -1, _ => 0 };
}
