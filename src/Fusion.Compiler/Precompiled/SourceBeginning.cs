using System.Text.RegularExpressions;

namespace Fusion.Compiler.Precompiled;

/// <summary>The directives with which a source begins, up to the first thing that is not plain: an <c>#if</c>, a <c>#pragma</c>, a
/// declaration. NVRTC takes a precompiled header only for a source that begins with the very same directives, so what is not read
/// here costs time and nothing else.</summary>
internal static partial class SourceBeginning
{
    /// <summary>Every beginning of a source that ends with an <c>#include</c>.</summary>
    /// <param name="text">Text of the source.</param>
    /// <returns>Texts to precompile, the shortest first: directives alone, a line each.</returns>
    public static IReadOnlyList<string> Of(string text)
    {
        var beginnings = new List<string>();
        var lines = "";
        for (var match = Next().Match(text); match.Success; match = match.NextMatch())
        {
            var directive = match.Groups["directive"].Value.TrimEnd();
            lines += directive + "\n";
            if (match.Groups["include"].Success) beginnings.Add(lines);
        }

        return beginnings;
    }

    // Lines that go on on the next one, and comments or quotes in a definition, are left alone.
    [GeneratedRegex("""\G(?:[ \t\r\n]|//[^\n\\]*\n|/\*.*?\*/)*(?<directive>#[ \t]*(?:(?<include>include[ \t]*(?:<[^>\n\\]+>|"[^"\n\\]+"))|(?:define|undef)[ \t]+\w[^\r\n"'/\\]*))[ \t]*(?://[^\n\\]*)?(?:\r?\n|\z)""", RegexOptions.Singleline)]
    private static partial Regex Next();
}
