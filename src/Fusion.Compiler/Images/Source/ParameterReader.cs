namespace Fusion.Compiler.Images;

/// <summary>Reads the parameters of a function: each one's name and its type without the name, as C++ adjusts it (an array
/// or a function becomes a pointer).</summary>
internal static class ParameterReader
{
    private static readonly CppToken Star = new(CppTokenKind.Mark, "*");
    private static readonly CppToken Open = new(CppTokenKind.Mark, "(");
    private static readonly CppToken Close = new(CppTokenKind.Mark, ")");

    /// <summary>Reads a list of parameters.</summary>
    /// <param name="tokens">The tokens between the function's parentheses.</param>
    public static IReadOnlyList<SignatureParameter> Read(IReadOnlyList<CppToken> tokens)
    {
        var parts = CppBrackets.SplitAtCommas(WithoutNoise(tokens)).ToList();
        if (parts is [[]] || (parts is [[var only]] && only.Is("void"))) return [];
        return [.. parts.Select(ReadOne)];
    }

    private static SignatureParameter ReadOne(IReadOnlyList<CppToken> tokens, int index)
    {
        var start = tokens.Count > 0 ? tokens[0].Start : 0;
        var assignment = IndexOf(tokens, "=");
        if (assignment >= 0) tokens = tokens.Slice(0, assignment);

        var group = IndexOf(tokens, "(");
        var (name, type) = group > 0 ? ReadGroup(tokens, group) : ReadPlain(tokens);
        return new SignatureParameter(name.Length > 0 ? name : $"arg{index}", TypeSpelling.Of(type), start);
    }

    // T name, T name[4], T name[2][4], T
    private static (string Name, IReadOnlyList<CppToken> Type) ReadPlain(IReadOnlyList<CppToken> tokens)
    {
        var array = IndexOf(tokens, "[");
        var (name, type) = SplitName(array < 0 ? tokens : tokens.Slice(0, array));
        if (array < 0) return (name, type);

        var rest = tokens.Slice(CppBrackets.End(tokens, array), tokens.Count);
        return (name, rest.Count == 0 ? [.. type, Star] : [.. type, Open, Star, Close, .. rest]);
    }

    // T (*name)(U), T (&name)[4], T name(U)
    private static (string Name, IReadOnlyList<CppToken> Type) ReadGroup(IReadOnlyList<CppToken> tokens, int open)
    {
        var end = CppBrackets.End(tokens, open);
        var inner = tokens.Slice(open + 1, end - 1);
        var rest = tokens.Slice(end, tokens.Count);
        if (!inner.Any(token => token.IsMark("*") || token.IsMark("&")) || rest.Count == 0)
        {
            var (function, result) = SplitName(tokens.Slice(0, open));
            return (function, [.. result, Open, Star, Close, .. tokens.Slice(open, end)]);
        }

        var at = inner.Count - 1;
        while (at >= 0 && (!inner[at].IsWord || TypeSpelling.IsQualifier(inner[at].Text))) at--;
        var name = at < 0 ? "" : inner[at].Text;
        var pointer = inner.Where((token, i) => i != at && !TypeSpelling.IsQualifier(token.Text));
        return (name, [.. tokens.Slice(0, open), Open, .. pointer, Close, .. rest]);
    }

    // The last word is the name unless the type would lack its own without it.
    private static (string Name, IReadOnlyList<CppToken> Type) SplitName(IReadOnlyList<CppToken> tokens)
    {
        var last = tokens.Count - 1;
        if (last < 1 || !tokens[last].IsWord || TypeSpelling.IsKeyword(tokens[last].Text)) return ("", tokens);
        var before = tokens.Slice(0, last);
        var hasType = before.Any(token => !token.IsWord || !TypeSpelling.IsNoType(token.Text));
        return hasType && !tokens[last - 1].IsMark("::") ? (tokens[last].Text, before) : ("", tokens);
    }

    // Directives, attributes and words that say nothing about the value.
    private static List<CppToken> WithoutNoise(IReadOnlyList<CppToken> tokens)
    {
        var kept = new List<CppToken>();
        for (var i = 0; i < tokens.Count; i++)
        {
            var token = tokens[i];
            var hasNext = i + 1 < tokens.Count;
            if (token.IsMark("[") && hasNext && tokens[i + 1].IsMark("["))
            {
                i = CppBrackets.End(tokens, i) - 1;
            }
            else if (token.IsWord && token.Text is "__attribute__" or "__declspec" or "alignas" && hasNext)
            {
                i = CppBrackets.End(tokens, i + 1) - 1;
            }
            else if (token.Kind != CppTokenKind.Directive && !(token.IsWord && IsNoise(token.Text)))
            {
                kept.Add(token);
            }
        }

        return kept;
    }

    private static bool IsNoise(string word) =>
        word is "__restrict__" or "__restrict" or "restrict" or "register" or "__grid_constant__" or "__align__";

    private static int IndexOf(IReadOnlyList<CppToken> tokens, string mark)
    {
        for (var i = 0; i < tokens.Count; i++)
        {
            if (tokens[i].IsMark("(") && i > 0 && tokens[i - 1].Is("decltype")) i = CppBrackets.End(tokens, i) - 1;
            else if (tokens[i].IsMark(mark)) return i;
            else if (tokens[i].IsMark("<")) i = (CppBrackets.AngleEnd(tokens, i) ?? i + 1) - 1;
        }

        return -1;
    }
}
