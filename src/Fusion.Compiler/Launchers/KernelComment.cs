using System.Text;

namespace Fusion.Compiler.Launchers;

/// <summary>The comment that stands right above a kernel.</summary>
/// <param name="Paragraphs">Its paragraphs; the first one is the summary.</param>
/// <param name="Parameters">What it says of parameters, by <c>@param</c> or <c>\param</c>.</param>
internal sealed record KernelComment(IReadOnlyList<string> Paragraphs, IReadOnlyDictionary<string, string> Parameters)
{
    /// <summary>No comment.</summary>
    public static readonly KernelComment None = new([], new Dictionary<string, string>());

    /// <summary>Reads the last comment in a piece of source.</summary>
    /// <param name="gap">What stands between the token before a declaration and its first: blanks and comments.</param>
    /// <param name="isFileStart">Whether no token stands before it; else its first line belongs to that token.</param>
    /// <returns>None if a blank line separates the comment from the declaration.</returns>
    public static KernelComment Read(string gap, bool isFileStart)
    {
        var lines = gap.ReplaceLineEndings("\n").Split('\n').Select(line => line.Trim()).ToList();
        if (!isFileStart) lines.RemoveAt(0);
        // The last line holds the declaration, or a comment beside it.
        if (lines is [.., ""]) lines.RemoveAt(lines.Count - 1);
        if (lines is [] or [.., ""]) return None;
        return Parse(lines[^1].StartsWith("//", StringComparison.Ordinal) ? LineComments(lines) : BlockComment(lines));
    }

    private static List<string> LineComments(List<string> lines)
    {
        var first = lines.FindLastIndex(line => !line.StartsWith("//", StringComparison.Ordinal)) + 1;
        return [.. lines.Skip(first).Select(line => line.TrimStart('/').TrimStart('!', '<').Trim())];
    }

    private static List<string> BlockComment(List<string> lines)
    {
        var text = string.Join('\n', lines);
        var open = text.LastIndexOf("/*", StringComparison.Ordinal);
        return open < 0 || !text.EndsWith("*/", StringComparison.Ordinal)
            ? []
            : [.. text[(open + 2)..^2].Split('\n').Select(line => line.TrimStart('*', '!').Trim())];
    }

    private static KernelComment Parse(List<string> lines)
    {
        var paragraphs = new List<StringBuilder>();
        var parameters = new Dictionary<string, string>(StringComparer.Ordinal);
        string? parameter = null;
        var isNew = true;
        foreach (var line in lines.Select(WithoutTag))
        {
            if (line.Length == 0)
            {
                (parameter, isNew) = (null, true);
            }
            else if (ParameterOf(line) is var (name, text))
            {
                parameter = name;
                parameters[name] = text;
            }
            else if (parameter is not null) parameters[parameter] += " " + line;
            else if (isNew)
            {
                paragraphs.Add(new StringBuilder(line));
                isNew = false;
            }
            else paragraphs[^1].Append('\n').Append(line);
        }

        return new KernelComment([.. paragraphs.Select(p => p.ToString())], parameters);
    }

    private static string WithoutTag(string line)
    {
        foreach (var tag in new[] { "@brief ", "\\brief ", "@details ", "\\details " })
        {
            if (line.StartsWith(tag, StringComparison.Ordinal)) return line[tag.Length..].TrimStart();
        }

        return line;
    }

    // @param name text, \param[in] name text
    private static (string Name, string Text)? ParameterOf(string line)
    {
        var parts = line.Split([' ', '\t'], 3, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return parts is [['@' or '\\', .. var tag], var name, var text] && tag.StartsWith("param", StringComparison.Ordinal)
            ? (name, text)
            : null;
    }
}
