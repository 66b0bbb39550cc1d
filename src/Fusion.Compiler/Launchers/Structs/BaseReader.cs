using Fusion.Compiler.Images;

namespace Fusion.Compiler.Launchers;

/// <summary>Reads what a struct derives from.</summary>
internal static class BaseReader
{
    /// <summary>Reads the head of a struct.</summary>
    /// <param name="head">The tokens between <c>struct</c> and the brace.</param>
    /// <param name="bases">Gets the names of the bases as they are written, in order.</param>
    /// <param name="isPrivate">Whether a base that says nothing is private: that of a <c>class</c>.</param>
    /// <returns>What keeps the struct from being one of C#; null if nothing does.</returns>
    public static string? Read(IReadOnlyList<CppToken> head, List<string> bases, bool isPrivate)
    {
        var colon = head.ToList().FindIndex(token => token.IsMark(":"));
        if (colon < 0) return null;
        foreach (var part in CppBrackets.SplitAtCommas(head.Slice(colon + 1, head.Count)))
        {
            var name = TypeSpelling.Of([.. part.Where(token => !(token.IsWord && token.Text is "public" or "private" or "protected" or "virtual"))]);
            if (part.Any(token => token.Is("virtual"))) return $"has a virtual base, {name}";
            if (part.Any(token => token.Is("private") || token.Is("protected")) || (isPrivate && !part.Any(token => token.Is("public"))))
                return $"has a base that is not public, {name}";
            if (part.Any(token => token.IsMark("<"))) return $"derives from an instance of a template, {name}";
            bases.Add(name);
        }

        return null;
    }
}
