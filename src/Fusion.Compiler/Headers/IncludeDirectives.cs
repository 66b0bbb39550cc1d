using System.Text.RegularExpressions;

namespace Fusion.Compiler.Headers;

/// <summary>A name that a source may include.</summary>
/// <param name="Name">What stands between the quotes or brackets.</param>
/// <param name="Quoted">Whether it stands between quotes, so that the including file's own folder comes first.</param>
internal readonly record struct IncludeDirective(string Name, bool Quoted);

/// <summary>Finds the headers that a source names, whether or not an <c>#if</c> or a comment hides them: a header too many
/// costs a needless compilation, one too few a wrong result.</summary>
internal static partial class IncludeDirectives
{
    /// <summary>The names in <c>#include</c> and <c>__has_include</c>.</summary>
    public static IEnumerable<IncludeDirective> In(string text) => Pattern().Matches(text)
        .Select(m => m.Groups[1].Success ? new IncludeDirective(m.Groups[1].Value, true) : new IncludeDirective(m.Groups[2].Value, false))
        .Distinct();

    [GeneratedRegex("""(?:#[ \t]*include|__has_include[ \t]*\()[ \t]*(?:"([^"\r\n\0]+)"|<([^>\r\n\0]+)>)""")]
    private static partial Regex Pattern();
}
