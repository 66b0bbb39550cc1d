namespace Fusion.Compiler.Images;

/// <summary>Where a kernel's declaration stands, from the token behind the last one of another declaration to the body.</summary>
internal sealed class DeclarationPlace
{
    private readonly IReadOnlyList<CppToken> _tokens;
    private readonly int _first;
    private readonly int _end;

    private DeclarationPlace(IReadOnlyList<CppToken> tokens, int first, int end) =>
        (_tokens, _first, _end) = (tokens, first, end);

    /// <summary>Index of its first token.</summary>
    public int First => _first;

    /// <summary>Where its first token starts in the text.</summary>
    public int Start => _tokens[_first].Start;

    /// <summary>Where the token before it ends in the text.</summary>
    public int CommentStart => _first == 0 ? 0 : _tokens[_first - 1].End;

    /// <summary>Finds the place.</summary>
    /// <param name="tokens">All tokens of the source.</param>
    /// <param name="global">Index of its <c>__global__</c>.</param>
    /// <param name="end">Index of the token behind its parameters.</param>
    public static DeclarationPlace Of(IReadOnlyList<CppToken> tokens, int global, int end)
    {
        var first = global;
        while (first > 0 && !EndsDeclaration(tokens[first - 1])) first--;
        var body = end;
        while (body < tokens.Count && !tokens[body].IsMark("{") && !EndsDeclaration(tokens[body])) body++;
        return new DeclarationPlace(tokens, first, body);
    }

    /// <summary>What stands in the parentheses of an attribute.</summary>
    /// <param name="attribute">The attribute: <c>__launch_bounds__</c>.</param>
    /// <returns>Null if it is not there.</returns>
    public string? ArgumentsOf(string attribute)
    {
        for (var i = _first; i + 1 < _end; i++)
        {
            if (!_tokens[i].Is(attribute) || !_tokens[i + 1].IsMark("(")) continue;
            var close = CppBrackets.End(_tokens, i + 1);
            var parts = CppBrackets.SplitAtCommas(_tokens.Slice(i + 2, close - 1));
            return string.Join(", ", parts.Select(part => string.Join(' ', part.Select(token => token.Text))));
        }

        return null;
    }

    // A brace opens a namespace or extern "C" before a declaration, and a directive is a line of its own.
    private static bool EndsDeclaration(CppToken token) => token.Kind == CppTokenKind.Directive
        || token.IsMark(";") || token.IsMark("}") || token.IsMark("{");
}
