namespace Fusion.Compiler.Images;

/// <summary>The code between <c>#if 0</c> and its end.</summary>
internal static class DisabledCode
{
    /// <summary>The directive that starts it, as the tokenizer names it.</summary>
    public const string Start = "if 0";

    /// <summary>Whether a directive opens a conditional block.</summary>
    /// <param name="directive">The directive's text.</param>
    public static bool Opens(string directive) => directive is Start or "if" or "ifdef" or "ifndef";

    /// <summary>Whether a directive starts another branch of a conditional block.</summary>
    /// <param name="directive">The directive's text.</param>
    public static bool Continues(string directive) => directive is "else" or "elif" or "elifdef" or "elifndef";

    /// <summary>Removes it. The directives around it stay.</summary>
    /// <param name="tokens">All tokens of a file.</param>
    public static IReadOnlyList<CppToken> Remove(IReadOnlyList<CppToken> tokens)
    {
        var kept = new List<CppToken>(tokens.Count);
        var depth = 0;
        foreach (var token in tokens)
        {
            var directive = token.Kind == CppTokenKind.Directive ? token.Text : "";
            if (depth == 0)
            {
                kept.Add(token);
                if (directive == Start) depth = 1;
            }
            else if (Opens(directive))
            {
                depth++;
            }
            else if (directive == "endif" || (depth == 1 && Continues(directive)))
            {
                depth--;
                if (depth == 0) kept.Add(token);
            }
        }

        return kept;
    }
}
