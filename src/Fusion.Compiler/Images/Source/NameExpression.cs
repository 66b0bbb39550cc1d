using System.Text.RegularExpressions;

namespace Fusion.Compiler.Images;

/// <summary>Name expressions in the one spelling by which NVRTC, manifest and launchers know them. NVRTC takes what C++ takes for
/// the address of a function: <c>&amp;scale&lt;float&gt;</c>, <c>(::scale&lt;float&gt;)</c>.</summary>
internal static partial class NameExpression
{
    /// <summary>Reads the list of a kernel's metadata.</summary>
    /// <param name="list">Expressions split by semicolons.</param>
    /// <returns>Each once, in order.</returns>
    public static IReadOnlyList<string> Split(string list) =>
        [.. list.Split(';').Select(Plain).Where(expression => expression.Length > 0).Distinct(StringComparer.Ordinal)];

    /// <summary>An expression without what says nothing about the function: the sign for its address, parentheses around all of it,
    /// leading colons, comments around it, and more than one blank in a row.</summary>
    /// <param name="expression">The expression as it was written.</param>
    public static string Plain(string expression)
    {
        var tokens = CppTokenizer.Read(expression);
        var (first, end) = (0, tokens.Count);
        for (var before = -1; first < end && before != first;)
        {
            before = first;
            if (tokens[first].IsMark("(") && CppBrackets.End(tokens.Slice(first, end), 0) == end - first && tokens[end - 1].IsMark(")"))
            {
                first++;
                end--;
            }
            else if (tokens[first].IsMark("::") || (tokens[first].IsMark("&") && !(first + 1 < end && tokens[first + 1].IsMark("&"))))
            {
                first++;
            }
        }

        return first >= end ? "" : Blanks().Replace(expression[tokens[first].Start..tokens[end - 1].End], " ");
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
