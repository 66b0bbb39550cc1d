namespace Fusion.Compiler.Images;

/// <summary>Reads the parameters of a template.</summary>
internal static class TemplateParameters
{
    /// <summary>Reads a list of parameters.</summary>
    /// <param name="tokens">The tokens between the angle brackets.</param>
    public static IReadOnlyList<TemplateParameter> Read(IReadOnlyList<CppToken> tokens) =>
        tokens.Count == 0 ? [] : [.. CppBrackets.SplitAtCommas(tokens).Select(ReadOne)];

    // typename T, class T = float, int N = 4, typename... Ts, template <class> class F, int
    private static TemplateParameter ReadOne(IReadOnlyList<CppToken> tokens)
    {
        var assignment = 0;
        while (assignment < tokens.Count && !tokens[assignment].IsMark("="))
        {
            assignment = tokens[assignment].IsMark("<")
                ? CppBrackets.AngleEnd(tokens, assignment) ?? assignment + 1
                : assignment + 1;
        }

        var declared = tokens.Slice(0, assignment);
        var isNamed = declared.Count > 1 && declared[^1].IsWord && !TypeSpelling.IsKeyword(declared[^1].Text);
        return new TemplateParameter(
            isNamed ? declared[^1].Text : "",
            tokens.Slice(assignment + 1, tokens.Count),
            declared.Any(token => token.IsMark("...")))
        {
            IsType = declared.Count > 0 && declared[0].IsWord && declared[0].Text is "typename" or "class",
        };
    }
}
