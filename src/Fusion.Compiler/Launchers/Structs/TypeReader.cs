using Fusion.Compiler.Images;

namespace Fusion.Compiler.Launchers;

/// <summary>Reads the structs, enumerations, other names of types and constants of a text. It does not preprocess: what stands between
/// an <c>#if</c> and its end counts as not known, but for the guard around a header.</summary>
internal sealed class TypeReader
{
    private readonly string text;
    private readonly DeclaredTypes types;
    private readonly IReadOnlyList<CppToken> tokens;
    private readonly MemberReader members;
    private int conditions;
    private bool isPacked;

    /// <param name="text">Text of a source or header.</param>
    /// <param name="types">Gets what is found.</param>
    public TypeReader(string text, DeclaredTypes types)
    {
        (this.text, this.types, tokens) = (text, types, CppTokenizer.Read(text));
        members = new MemberReader(types);
    }

    /// <summary>Reads the text.</summary>
    public void Read()
    {
        // The guard of a header is no condition.
        if (tokens is [{ Words: ["ifndef", var guard, ..] }, { Words: ["define", var defined, ..] }, ..] && guard == defined) conditions = -1;
        Read(0, tokens.Count, "");
    }

    private void Read(int i, int end, string scope)
    {
        while (i < end)
        {
            var token = tokens[i];
            if (token.Kind == CppTokenKind.Directive)
            {
                ReadDirective(token);
                i++;
            }
            else if (token.IsMark(";") || token.IsMark("}"))
            {
                i++;
            }
            else if (Namespace(i, end, scope) is var (name, body))
            {
                var close = CppBrackets.End(tokens, body);
                Read(body + 1, Math.Min(close - 1, end), name);
                i = close;
            }
            else
            {
                i = ReadStatement(i, end, scope);
            }
        }
    }

    private void ReadDirective(CppToken directive)
    {
        if (DisabledCode.Opens(directive.Text)) conditions++;
        else if (directive.Text == "endif") conditions--;
        else if (directive.Words is ["pragma", "pack", ..]) isPacked = true;
        else if (directive.Words is ["define", ..] && MacroDefinition.Read(text[directive.Start..directive.End]) is { Parameters: null, Body.Length: > 0 } macro)
            types.AddConstant(macro.Name, macro.Body);
    }

    // namespace a::b { and extern "C" {
    private (string Name, int Body)? Namespace(int i, int end, string scope)
    {
        if (tokens[i].Is("inline") && i + 1 < end && tokens[i + 1].Is("namespace")) i++;
        if (tokens[i].Is("extern") && i + 2 < end && tokens[i + 1].Kind == CppTokenKind.Literal && tokens[i + 2].IsMark("{")) return (scope, i + 2);
        if (!tokens[i].Is("namespace")) return null;
        var names = new List<string>();
        if (scope.Length > 0) names.Add(scope);
        for (var at = i + 1; at < end; at++)
        {
            if (tokens[at].IsMark("{")) return (string.Join("::", names), at);
            if (tokens[at].IsWord && tokens[at].Text != "inline") names.Add(tokens[at].Text);
            else if (!tokens[at].IsWord && !tokens[at].IsMark("::")) break;
        }

        return null;
    }

    private int ReadStatement(int first, int end, string scope)
    {
        var last = Statement.End(tokens, first, end);
        var statement = tokens.Slice(first, last);
        var problem = conditions > 0 ? "stands between an #if and its end" : isPacked ? "stands behind a #pragma pack" : null;
        if (statement.Any(token => token.Kind == CppTokenKind.Directive))
        {
            foreach (var directive in statement.Where(token => token.Kind == CppTokenKind.Directive)) ReadDirective(directive);
            problem ??= statement.Any(token => token.Kind == CppTokenKind.Directive && token.Text is not ("define" or "undef" or "pragma")) ? "has an #if in it" : null;
        }

        members.Read([.. statement.Where(token => token.Kind != CppTokenKind.Directive)], scope, problem);
        return last;
    }
}

/// <summary>Finds the end of a declaration.</summary>
internal static class Statement
{
    private static readonly string[] Types = ["struct", "class", "union", "enum"];

    /// <summary>The index behind a declaration: behind its semicolon, or the brace of a function's body.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="first">Index of the first one.</param>
    /// <param name="end">Index behind the last one that it may have.</param>
    public static int End(IReadOnlyList<CppToken> tokens, int first, int end)
    {
        var isFunction = false;
        var needsSemicolon = false;
        for (var i = first; i < end; i++)
        {
            if (tokens[i].IsMark(";")) return i + 1;
            if (tokens[i].Is("template") && i + 1 < end && tokens[i + 1].IsMark("<")) i = (CppBrackets.AngleEnd(tokens, i + 1) ?? i + 2) - 1;
            else if (tokens[i].IsMark("(") || tokens[i].IsMark("["))
            {
                isFunction |= tokens[i].IsMark("(") && i > first && !(tokens[i - 1].IsWord && tokens[i - 1].Text is "alignas" or "__align__" or "__attribute__" or "decltype");
                i = CppBrackets.End(tokens, i) - 1;
            }
            else if (tokens[i].IsMark("=")) needsSemicolon = true;
            else if (tokens[i].IsWord && Array.IndexOf(Types, tokens[i].Text) >= 0 && !isFunction) needsSemicolon = true;
            else if (tokens[i].IsMark("{"))
            {
                i = CppBrackets.End(tokens, i) - 1;
                if (isFunction || !needsSemicolon && !(i + 1 < end && tokens[i + 1].IsMark(";"))) return Math.Min(i + 1, end);
            }
        }

        return end;
    }
}
