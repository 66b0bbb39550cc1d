namespace Fusion.Compiler.Images;

/// <summary>What follows <c>__global__</c>: a function's name and parameters between return type, attributes and
/// launch bounds.</summary>
/// <param name="Name">The name as written: <c>copy</c>, <c>math::copy</c>.</param>
/// <param name="HasTemplateArguments">Whether arguments in angle brackets follow the name: a specialization.</param>
/// <param name="Parameters">The tokens between its parentheses.</param>
/// <param name="HasBody">Whether a body follows.</param>
/// <param name="End">Index of the token behind the parameters.</param>
internal sealed record KernelDeclarator(
    string Name, bool HasTemplateArguments, IReadOnlyList<CppToken> Parameters, bool HasBody, int End)
{
    /// <summary>The name with its template arguments: <c>copy&lt;float&gt;</c>.</summary>
    public string Spelling { get; private init; } = Name;

    /// <summary>Reads a declarator.</summary>
    /// <param name="tokens">All tokens of the source.</param>
    /// <param name="start">Index of the token behind <c>__global__</c>.</param>
    /// <returns>Null if no function follows.</returns>
    public static KernelDeclarator? Read(IReadOnlyList<CppToken> tokens, int start)
    {
        // The last name with parentheses is the function's: a macro for launch bounds stands before it.
        KernelDeclarator? last = null;
        for (var i = start; i < tokens.Count;)
        {
            var token = tokens[i];
            if (token.IsMark("{")) return last is null ? null : last with { HasBody = true };
            if (last is not null && token.IsMark("->")) return last with { HasBody = BodyFollows(tokens, i) };
            if (EndsDeclaration(token) || (last is not null && EndsDeclarator(token))) return last;

            if (IsName(token) || token.IsMark("::"))
            {
                var (name, hasArguments, next) = ReadName(tokens, i);
                if (next >= tokens.Count || !tokens[next].IsMark("("))
                {
                    i = next;
                    continue;
                }

                var first = i;
                i = CppBrackets.End(tokens, next);
                last = new KernelDeclarator(name, hasArguments, tokens.Slice(next + 1, i - 1), false, i)
                {
                    Spelling = hasArguments ? string.Join(' ', tokens.Slice(first, next).Select(one => one.Text)) : name,
                };
            }
            else
            {
                i = token.IsMark("(") || token.IsMark("[") ? CppBrackets.End(tokens, i) : i + 1;
            }
        }

        return last;
    }

    // __launch_bounds__, __cluster_dims__, __attribute__ and their like take parentheses but are no names.
    private static bool IsName(CppToken token) => token.IsWord
        && !(token.Text.StartsWith("__", StringComparison.Ordinal) && token.Text.EndsWith("__", StringComparison.Ordinal))
        && token.Text is not ("void" or "alignas" or "decltype" or "noexcept" or "sizeof" or "__declspec");

    private static bool EndsDeclaration(CppToken token) => token.IsMark(";") || token.IsMark("}") || token.IsMark("=");

    private static bool EndsDeclarator(CppToken token) =>
        token.Is("__global__") || token.Is("requires");

    // auto f() -> void { … }
    private static bool BodyFollows(IReadOnlyList<CppToken> tokens, int i)
    {
        while (i < tokens.Count && !tokens[i].IsMark("{") && !tokens[i].IsMark(";")) i++;
        return i < tokens.Count && tokens[i].IsMark("{");
    }

    private static (string Name, bool HasArguments, int Next) ReadName(IReadOnlyList<CppToken> tokens, int i)
    {
        var parts = new List<string>();
        var hasArguments = false;
        for (; i < tokens.Count; i++)
        {
            if (tokens[i].IsMark("::")) continue;
            if (!IsName(tokens[i]) || (parts.Count > 0 && !tokens[i - 1].IsMark("::"))) break;
            parts.Add(tokens[i].Text);
            hasArguments = i + 1 < tokens.Count && tokens[i + 1].IsMark("<");
            if (hasArguments) i = (CppBrackets.AngleEnd(tokens, i + 1) ?? i + 2) - 1;
        }

        return (string.Join("::", parts), hasArguments, i);
    }
}
