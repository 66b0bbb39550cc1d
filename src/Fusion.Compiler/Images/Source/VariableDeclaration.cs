namespace Fusion.Compiler.Images;

/// <summary>Reads what stands around <c>__device__</c> or <c>__constant__</c> where that is a declaration of variables:
/// <c>static __device__ int a = 1, b[4];</c>.</summary>
internal static class VariableDeclaration
{
    private static readonly HashSet<string> Specifiers =
        ["__device__", "__constant__", "__managed__", "static", "inline", "extern", "constexpr", "constinit", "__restrict__"];

    /// <summary>Reads a declaration.</summary>
    /// <param name="tokens">All tokens of the source.</param>
    /// <param name="first">Index of the declaration's first token.</param>
    /// <param name="end">Index of its semicolon.</param>
    /// <returns>Its variables without namespaces; none for a function, and for a variable that is defined elsewhere.</returns>
    public static IReadOnlyList<SourceVariable> Read(IReadOnlyList<CppToken> tokens, int first, out int end)
    {
        end = End(tokens, first);
        if (end < 0) return [];
        var all = tokens.Slice(first, end);
        if (IsDefinedElsewhere(all)) return [];
        var isConst = all.Any(token => token.Is("constexpr"));
        var parts = CppBrackets.SplitAtCommas(WithoutSpecifiers(all)).Select(WithoutInitializer).ToList();
        if (Declared(parts[0]) is not var (name, type, dimensions)) return [];

        var found = new List<SourceVariable> { Variable(name, type, dimensions, isConst) };
        var common = type.TakeWhile(token => !token.IsMark("*")).ToArray();
        foreach (var part in parts.Skip(1))
        {
            if (Declared([.. common, .. part]) is var (next, itsType, itsDimensions)) found.Add(Variable(next, itsType, itsDimensions, isConst));
        }

        return found;
    }

    // -1 for a function, whose parentheses come before any value.
    private static int End(IReadOnlyList<CppToken> tokens, int i)
    {
        var hasValue = false;
        while (i < tokens.Count && !tokens[i].IsMark(";"))
        {
            var token = tokens[i];
            if (token.IsMark("}") || (token.IsMark("(") && !hasValue && !TakesArguments(tokens[i - 1]))) return -1;
            if (token.IsMark("(") || token.IsMark("[") || token.IsMark("{"))
            {
                i = CppBrackets.End(tokens, i);
                continue;
            }

            hasValue = token.IsMark("=") || (hasValue && !token.IsMark(","));
            i = token.IsMark("<") && !hasValue ? CppBrackets.AngleEnd(tokens, i) ?? i + 1 : i + 1;
        }

        return i < tokens.Count ? i : -1;
    }

    private static bool TakesArguments(CppToken token) => token.IsWord
        && (token.Text is "alignas" or "decltype" or "__declspec" || token.Text.StartsWith("__", StringComparison.Ordinal));

    // extern "C" alone defines the variable.
    private static bool IsDefinedElsewhere(IReadOnlyList<CppToken> tokens)
    {
        for (var i = 0; i < tokens.Count; i++)
        {
            if (tokens[i].Is("extern")) return i + 1 == tokens.Count || tokens[i + 1].Kind != CppTokenKind.Literal;
        }

        return false;
    }

    private static List<CppToken> WithoutSpecifiers(IReadOnlyList<CppToken> tokens)
    {
        var kept = new List<CppToken>();
        for (var i = 0; i < tokens.Count; i++)
        {
            var token = tokens[i];
            var hasNext = i + 1 < tokens.Count;
            if (token.IsMark("[") && hasNext && tokens[i + 1].IsMark("[")) i = CppBrackets.End(tokens, i) - 1;
            else if (token.Text != "decltype" && TakesArguments(token) && hasNext && tokens[i + 1].IsMark("(")) i = CppBrackets.End(tokens, i + 1) - 1;
            else if (token.Kind is not (CppTokenKind.Directive or CppTokenKind.Literal) && !(token.IsWord && Specifiers.Contains(token.Text)))
                kept.Add(token);
        }

        return kept;
    }

    private static IReadOnlyList<CppToken> WithoutInitializer(IReadOnlyList<CppToken> part) =>
        [.. part.TakeWhile(token => !token.IsMark("=") && !token.IsMark("{"))];

    // T name, T* name[4]; what is more than that is no variable that can be read.
    private static (string Name, IReadOnlyList<CppToken> Type, IReadOnlyList<string> Dimensions)? Declared(IReadOnlyList<CppToken> part)
    {
        var head = part.TakeWhile(token => !token.IsMark("[")).ToArray();
        if (head is not [.., var before, { IsWord: true } name] || TypeSpelling.IsKeyword(name.Text) || before.IsMark("::")) return null;
        var dimensions = new List<string>();
        for (var i = head.Length; i < part.Count;)
        {
            if (!part[i].IsMark("[")) return null;
            var end = CppBrackets.End(part, i);
            dimensions.Add(string.Join(' ', part.Slice(i + 1, end - 1).Select(token => token.Text)));
            i = end;
        }

        return (name.Text, head[..^1], dimensions);
    }

    private static SourceVariable Variable(string name, IReadOnlyList<CppToken> type, IReadOnlyList<string> dimensions, bool isConst)
    {
        var top = type.Reverse().TakeWhile(token => !token.IsMark("*"));
        return new SourceVariable(name, TypeSpelling.Of(type), dimensions) { IsConst = isConst || top.Any(token => token.Is("const")) };
    }
}
