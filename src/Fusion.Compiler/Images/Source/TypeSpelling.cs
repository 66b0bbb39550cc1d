using System.Text;

namespace Fusion.Compiler.Images;

/// <summary>Writes a type in one spelling, however the source writes it: <c>const float*</c> for
/// <c>float const * const</c>, <c>unsigned int</c> for <c>unsigned</c>.</summary>
internal static class TypeSpelling
{
    // In the order in which they are written.
    private static readonly string[] Builtin =
        ["signed", "unsigned", "short", "long", "void", "bool", "char", "wchar_t", "char8_t", "char16_t", "char32_t", "int",
            "float", "double", "auto"];

    /// <summary>Whether a word qualifies a type.</summary>
    /// <param name="word">The word.</param>
    public static bool IsQualifier(string word) => word is "const" or "volatile";

    /// <summary>Whether a word cannot be a name.</summary>
    /// <param name="word">The word.</param>
    public static bool IsKeyword(string word) => IsNoType(word) || Array.IndexOf(Builtin, word) >= 0;

    /// <summary>Whether a word leaves open which type is meant.</summary>
    /// <param name="word">The word.</param>
    public static bool IsNoType(string word) => IsQualifier(word) || IsElaboration(word);

    /// <summary>Spells a type. Top-level <c>const</c> and <c>volatile</c> are dropped.</summary>
    /// <param name="tokens">The type's tokens.</param>
    public static string Of(IReadOnlyList<CppToken> tokens)
    {
        var split = DeclaratorStart(tokens);
        var declarator = tokens.Slice(split, tokens.Count);
        while (declarator.Count > 0 && IsQualifier(declarator[^1].Text)) declarator = declarator.Slice(0, declarator.Count - 1);
        return Join([.. Specifiers(tokens.Slice(0, split), isTopLevel: declarator.Count == 0), .. declarator]);
    }

    private static bool IsElaboration(string word) => word is "struct" or "class" or "union" or "enum" or "typename";

    private static int DeclaratorStart(IReadOnlyList<CppToken> tokens)
    {
        for (var i = 0; i < tokens.Count; i++)
        {
            if (tokens[i].IsMark("<")) i = (CppBrackets.AngleEnd(tokens, i) ?? i + 1) - 1;
            else if (tokens[i].IsMark("(") && i > 0 && tokens[i - 1].Is("decltype")) i = CppBrackets.End(tokens, i) - 1;
            else if (tokens[i].Kind == CppTokenKind.Mark && tokens[i].Text is "*" or "&" or "(" or "...") return i;
        }

        return tokens.Count;
    }

    private static List<CppToken> Specifiers(IReadOnlyList<CppToken> tokens, bool isTopLevel)
    {
        var qualifiers = new SortedSet<string>(StringComparer.Ordinal);
        var builtin = new List<string>();
        var rest = new List<CppToken>();
        for (var i = 0; i < tokens.Count; i++)
        {
            var token = tokens[i];
            if (token.IsMark("<"))
            {
                var end = CppBrackets.AngleEnd(tokens, i) ?? i + 1;
                rest.AddRange(tokens.Slice(i, end));
                i = end - 1;
            }
            else if (token.IsWord && IsQualifier(token.Text)) qualifiers.Add(token.Text);
            else if (token.IsWord && Array.IndexOf(Builtin, token.Text) >= 0) builtin.Add(token.Text);
            else if (!token.IsWord || !IsElaboration(token.Text)) rest.Add(token);
        }

        if (isTopLevel) qualifiers.Clear();
        var words = qualifiers.Concat(Canonical(builtin)).Select(word => new CppToken(CppTokenKind.Word, word));
        return [.. words, .. rest];
    }

    private static IEnumerable<string> Canonical(List<string> words)
    {
        if (words.Count == 0) return [];
        if (!words.Contains("char")) words.Remove("signed");
        if (words.Contains("short") || words.Contains("long")) words.Remove("int");
        if (words is [] or ["unsigned"]) words.Add("int");
        return words.OrderBy(word => Array.IndexOf(Builtin, word));
    }

    private static string Join(IReadOnlyList<CppToken> tokens)
    {
        var text = new StringBuilder();
        for (var i = 0; i < tokens.Count; i++)
        {
            if (i > 0 && NeedsSpace(tokens[i - 1], tokens[i], i + 1 < tokens.Count && IsPointer(tokens[i + 1]))) text.Append(' ');
            text.Append(tokens[i].Text);
        }

        return text.ToString();
    }

    private static bool NeedsSpace(CppToken previous, CppToken token, bool isBeforePointer)
    {
        if (previous.IsMark(",")) return true;
        if (token.IsMark("(")) return isBeforePointer && !previous.IsMark("(");
        return !IsMark(token) && (!IsMark(previous) || IsPointer(previous) || previous.IsMark(">") || previous.IsMark(")"));
    }

    private static bool IsMark(CppToken token) => token.Kind == CppTokenKind.Mark;

    private static bool IsPointer(CppToken token) => token.IsMark("*") || token.IsMark("&");
}
