using Fusion.Compiler.Images;

namespace Fusion.Compiler.Launchers;

/// <summary>Reads declarations of members some of which are bit fields: <c>unsigned a : 3, : 0, b : 4, whole;</c>.</summary>
internal static class BitFieldReader
{
    /// <summary>Whether a declaration has a bit field.</summary>
    /// <param name="member">Tokens of the declaration, without alignments.</param>
    public static bool HasWidth(IReadOnlyList<CppToken> member) => Parts(member).Any(part => ColonOf(part) >= 0);

    /// <summary>Reads a declaration.</summary>
    /// <param name="member">Tokens of the declaration, without alignments.</param>
    /// <param name="alignments">The expressions of <c>alignas</c> and <c>__align__</c>.</param>
    /// <param name="fields">Gets the members.</param>
    /// <returns>What keeps them from being members in C#; null if nothing does.</returns>
    public static string? Read(IReadOnlyList<CppToken> member, IReadOnlyList<string> alignments, List<DeclaredField> fields)
    {
        if (alignments.Count > 0) return "has bit fields that are aligned";
        IReadOnlyList<CppToken>? type = null;
        foreach (var part in Parts(member))
        {
            var colon = ColonOf(part);
            var declarator = part.Slice(0, colon < 0 ? part.TakeWhile(token => !IsValue(token)).Count() : colon);
            var hasName = type is null ? EndsInName(declarator) : declarator.Count > 0;
            type ??= declarator.Slice(0, declarator.Count - (hasName ? 1 : 0));
            var rest = declarator.Slice(declarator.Count - (hasName ? 1 : 0), declarator.Count);
            if (colon < 0 || type.Count == 0 || rest is [{ IsWord: false }] or { Count: > 1 }) return "has bit fields beside other members in one declaration";
            var width = part.Slice(colon + 1, part.Count).TakeWhile(token => !IsValue(token)).Select(token => token.Text);
            fields.Add(new DeclaredField(hasName ? rest[0].Text : "", TypeSpelling.Of(type), [], []) { Width = string.Join(' ', width) });
        }

        return null;
    }

    private static IEnumerable<IReadOnlyList<CppToken>> Parts(IReadOnlyList<CppToken> member) =>
        CppBrackets.SplitAtCommas(member is [.., { Text: ";" }] ? member.Slice(0, member.Count - 1) : member);

    private static int ColonOf(IReadOnlyList<CppToken> part)
    {
        for (var i = 0; i < part.Count && !IsValue(part[i]); i++)
        {
            if (part[i].IsMark(":")) return i;
        }

        return -1;
    }

    private static bool IsValue(CppToken token) => token.IsMark("=") || token.IsMark("{");

    // Without a name, the last word belongs to the type.
    private static bool EndsInName(IReadOnlyList<CppToken> declarator) =>
        declarator is [.., var before, { IsWord: true } last] && !TypeSpelling.IsKeyword(last.Text) && !before.IsMark("::")
        && declarator.Take(declarator.Count - 1).Any(token => !(token.IsWord && TypeSpelling.IsNoType(token.Text)));
}
