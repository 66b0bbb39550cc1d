using System.Text.RegularExpressions;

namespace Fusion.Compiler.Headers;

/// <summary>A name that a source may include.</summary>
/// <param name="Name">What stands between the quotes or brackets.</param>
/// <param name="Quoted">Whether it stands between quotes, so that the including file's own folder comes first.</param>
/// <param name="IsNext">Whether the search goes on behind the folder of the including file.</param>
internal readonly record struct IncludeDirective(string Name, bool Quoted, bool IsNext = false);

/// <summary>The headers that a source names, whether or not an <c>#if</c> or a comment hides them: a header too many costs a
/// needless compilation, one too few a wrong result.</summary>
internal sealed partial class HeaderNames
{
    private HeaderNames(IReadOnlyList<IncludeDirective> directives, bool computes, IReadOnlyList<string> mentioned)
    {
        Directives = directives;
        Computes = computes;
        Mentioned = mentioned;
    }

    /// <summary>The names in <c>#include</c> and <c>__has_include</c>.</summary>
    public IReadOnlyList<IncludeDirective> Directives { get; }

    /// <summary>Whether a name in one of these comes from a macro.</summary>
    public bool Computes { get; }

    /// <summary>All words of preprocessor lines that may be a part of such a macro: what stands between quotes or brackets, or has
    /// a dot or a slash.</summary>
    public IReadOnlyList<string> Mentioned { get; }

    /// <summary>Reads a source.</summary>
    /// <param name="text">Text of the file.</param>
    public static HeaderNames In(string text)
    {
        var spliced = Splice().Replace(text, "");
        var directives = Literal().Matches(spliced).Select(match => new IncludeDirective(
            match.Groups["quoted"].Success ? match.Groups["quoted"].Value : match.Groups["bracketed"].Value,
            match.Groups["quoted"].Success, match.Groups["next"].Success));
        return new HeaderNames([.. directives.Distinct()], Computed().IsMatch(spliced),
            [.. PreprocessorLine().Matches(spliced).SelectMany(line => WordsIn(line.Value)).Distinct()]);
    }

    /// <summary>The words of a text that may be a header's name.</summary>
    public static IEnumerable<string> WordsIn(string text) =>
        Word().Matches(text).Select(match => match.Groups.Values.Skip(1).First(group => group.Success).Value);

    [GeneratedRegex(@"\\[ \t]*\r?\n")]
    private static partial Regex Splice();

    [GeneratedRegex("""(?:(?:#|%:)(?:[ \t]|/\*.*?\*/)*include|__has_include)(?<next>_next)?(?:[ \t]|/\*.*?\*/)*\(?(?:[ \t]|/\*.*?\*/)*(?:"(?<quoted>[^"\r\n\0]+)"|<(?<bracketed>[^>\r\n\0]+)>)""")]
    private static partial Regex Literal();

    // Neither the literal forms nor the question whether the compiler has __has_include, which libraries ask before each use.
    [GeneratedRegex("""(?:#|%:)(?:[ \t]|/\*.*?\*/)*include(?:_next)?\b(?!(?:[ \t]|/\*.*?\*/)*["<])|(?<!(?:def|define|defined[ \t]*\(?)[ \t]*)\b__has_include(?:_next)?\b(?!(?:[ \t]|/\*.*?\*/)*\((?:[ \t]|/\*.*?\*/)*["<])""")]
    private static partial Regex Computed();

    [GeneratedRegex(@"^[ \t]*(?:#|%:).*$", RegexOptions.Multiline)]
    private static partial Regex PreprocessorLine();

    [GeneratedRegex("""\"([^"\r\n\0]+)"|<([^>\r\n\0]+)>|([\w+\-]*[./][\w.+\-/]*)""")]
    private static partial Regex Word();
}
