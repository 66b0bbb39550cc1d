using Fusion.Compiler.Images;

namespace Fusion.Compiler.Launchers;

/// <summary>Reads a member of a struct that takes room.</summary>
internal static class FieldReader
{
    private static readonly string[] Aligning = ["alignas", "__align__"];

    /// <summary>Whether a member is a function.</summary>
    /// <param name="member">Tokens of the member.</param>
    public static bool IsFunction(IReadOnlyList<CppToken> member)
    {
        for (var i = 0; i < member.Count && !member[i].IsMark("=") && !member[i].IsMark("{"); i++)
        {
            if (!member[i].IsMark("(")) continue;
            if (i > 0 && member[i - 1].IsWord && member[i - 1].Text is "alignas" or "__align__" or "__attribute__" or "decltype") i = CppBrackets.End(member, i) - 1;
            else return !(i + 1 < member.Count && member[i + 1].IsMark("*"));
        }

        return member.Any(token => token.Is("operator"));
    }

    /// <summary>Reads a declaration of members.</summary>
    /// <param name="member">Tokens of the declaration.</param>
    /// <param name="fields">Gets the members.</param>
    /// <returns>What keeps them from being members in C#; null if nothing does.</returns>
    public static string? Read(IReadOnlyList<CppToken> member, List<DeclaredField> fields)
    {
        var alignments = Alignments(member);
        var plain = WithoutAlignments(member).Where(token => !token.Is("mutable")).ToList();
        var declarator = plain.TakeWhile(token => !token.IsMark("=") && !token.IsMark("{")).ToList();
        if (member.Any(token => token.Is("no_unique_address"))) return "has a member that shares its room with others";
        if (declarator.Any(token => token.IsMark(":")) || BitFieldReader.HasWidth(plain)) return BitFieldReader.Read(plain, alignments, fields);
        if (declarator.Any(token => token.IsMark("&"))) return "has a reference";
        if (declarator.Any(token => token.IsMark("("))) return "has a pointer to a function";
        if (declarator.Any(token => token.Is("__attribute__"))) return "has an __attribute__";
        var found = VariableDeclaration.Read(plain, 0, out _);
        if (found.Count == 0) return $"has a member that is not understood, '{string.Join(' ', declarator.Select(token => token.Text))}'";
        fields.AddRange(found.Select(one => new DeclaredField(one.Name, one.ElementType, one.Dimensions, alignments)));
        return null;
    }

    /// <summary>The expressions of <c>alignas</c> and <c>__align__</c>.</summary>
    /// <param name="tokens">Tokens of a declaration.</param>
    public static List<string> Alignments(IReadOnlyList<CppToken> tokens)
    {
        var found = new List<string>();
        for (var i = 0; i + 1 < tokens.Count && !tokens[i].IsMark("{"); i++)
        {
            if (IsAligning(tokens, i)) found.Add(string.Join(' ', tokens.Slice(i + 2, CppBrackets.End(tokens, i + 1) - 1).Select(token => token.Text)));
        }

        return found;
    }

    /// <summary>A declaration without <c>alignas</c>, <c>__align__</c> and attributes.</summary>
    /// <param name="tokens">Tokens of the declaration.</param>
    public static IReadOnlyList<CppToken> WithoutAlignments(IReadOnlyList<CppToken> tokens)
    {
        var kept = new List<CppToken>();
        for (var i = 0; i < tokens.Count; i++)
        {
            if (IsAligning(tokens, i)) i = CppBrackets.End(tokens, i + 1) - 1;
            else if (tokens[i].IsMark("[") && i + 1 < tokens.Count && tokens[i + 1].IsMark("[")) i = CppBrackets.End(tokens, i) - 1;
            else kept.Add(tokens[i]);
        }

        return kept;
    }

    private static bool IsAligning(IReadOnlyList<CppToken> tokens, int i) =>
        tokens[i].IsWord && Array.IndexOf(Aligning, tokens[i].Text) >= 0 && i + 1 < tokens.Count && tokens[i + 1].IsMark("(");
}
