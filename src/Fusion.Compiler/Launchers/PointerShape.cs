using Fusion.Compiler.Images;

namespace Fusion.Compiler.Launchers;

/// <summary>A type as what a chain of pointers ends at.</summary>
/// <param name="Element">What lies at the end, without <c>const</c>, <c>volatile</c> and a leading <c>::</c>.</param>
/// <param name="Levels">Number of pointers in the chain.</param>
internal sealed record PointerShape(string Element, int Levels)
{
    /// <summary>Takes a type apart.</summary>
    /// <param name="type">A type in the one spelling.</param>
    /// <returns>Null if it is more than pointers: a reference, a function, an array of unknown elements, a pack.</returns>
    public static PointerShape? Of(string type)
    {
        var tokens = CppTokenizer.Read(type);
        var end = ElementEnd(tokens);
        var element = tokens.Slice(0, end);
        var levels = 0;
        var rest = WithoutRows(tokens.Slice(end, tokens.Count));
        if (rest is null) return null;
        foreach (var token in rest)
        {
            if (token.IsMark("*")) levels++;
            else if (!(token.IsWord && TypeSpelling.IsQualifier(token.Text))) return null;
        }

        var plain = element.Where(token => !(token.IsWord && TypeSpelling.IsQualifier(token.Text))).ToList();
        if (plain is [var colons, ..] && colons.IsMark("::")) plain.RemoveAt(0);
        return plain.Count == 0 ? null : new PointerShape(TypeSpelling.Of(plain), levels);
    }

    private static int ElementEnd(IReadOnlyList<CppToken> tokens)
    {
        for (var i = 0; i < tokens.Count; i++)
        {
            if (tokens[i].IsMark("<")) i = (CppBrackets.AngleEnd(tokens, i) ?? i + 1) - 1;
            else if (tokens[i].Kind == CppTokenKind.Mark && tokens[i].Text is not ("::" or ">")) return i;
        }

        return tokens.Count;
    }

    // float (*)[4]: rows of 4 floats lie one behind the other, so their address is that of the first float.
    private static IReadOnlyList<CppToken>? WithoutRows(IReadOnlyList<CppToken> tokens)
    {
        if (tokens.Count == 0 || !tokens[0].IsMark("(")) return tokens;
        var isRows = tokens.Count > 4 && tokens[1].IsMark("*") && tokens[2].IsMark(")") && tokens[3].IsMark("[");
        return isRows ? [tokens[1]] : null;
    }
}
