using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Fusion.Compiler.Logs;

/// <summary>Which source line a line of PTX comes from, by the <c>.loc</c> and <c>.file</c> directives that
/// <c>-lineinfo</c> puts into it.</summary>
internal sealed partial class PtxSourceMap
{
    private readonly string[] lines;
    private readonly Dictionary<string, string> files = new(StringComparer.Ordinal);

    /// <summary>Reads the directives.</summary>
    /// <param name="ptx">The whole PTX.</param>
    public PtxSourceMap(string ptx)
    {
        lines = ptx.Split('\n');
        foreach (var line in lines)
        {
            if (FileDirective().Match(line) is { Success: true } file) files[file.Groups[1].Value] = Unescape(file.Groups[2].Value);
        }
    }

    /// <summary>A line of the PTX.</summary>
    /// <param name="line">From 1.</param>
    public string Text(int line) => line >= 1 && line <= lines.Length ? lines[line - 1].Trim() : "";

    /// <summary>Where a line comes from.</summary>
    /// <param name="line">From 1.</param>
    /// <returns>Null if no directive before it tells.</returns>
    public (string File, int Line, int Column)? Locate(int line)
    {
        for (var i = Math.Min(line, lines.Length) - 1; i >= 0 && !EntryDirective().IsMatch(lines[i]); i--)
        {
            if (LocDirective().Match(lines[i]) is not { Success: true } loc) continue;
            if (!files.TryGetValue(loc.Groups[1].Value, out var file)) return null;
            return (file, Number(loc.Groups[2]), Number(loc.Groups[3]));
        }

        return null;
    }

    /// <summary>The names of the files of a PTX text, as it spells them.</summary>
    /// <param name="ptx">The whole PTX.</param>
    public static IEnumerable<string> Spellings(string ptx) => FilesOfText().Matches(ptx).Select(match => match.Groups[2].Value);

    /// <summary>Gives the files of a PTX text other names.</summary>
    /// <param name="ptx">The whole PTX.</param>
    /// <param name="name">The new name of a file.</param>
    public static string Rename(string ptx, Func<string, string> name) =>
        FilesOfText().Replace(ptx, match => $"{match.Groups[1].Value}{Escape(name(Unescape(match.Groups[2].Value)))}\"");

    /// <summary>A name as it is. Bytes beyond ASCII are written as <c>\303\266</c>, so a name is put together as bytes.</summary>
    /// <param name="name">The name as the PTX has it.</param>
    public static string Unescape(string name)
    {
        var bytes = new List<byte>(name.Length);
        for (var at = 0; at < name.Length;)
        {
            if (Octal().Match(name, at) is { Success: true } octal)
            {
                bytes.Add(Convert.ToByte(octal.Groups[1].Value, 8));
                at += octal.Length;
            }
            else
            {
                if (name[at] == '\\' && at + 1 < name.Length) at++;
                var rune = Rune.GetRuneAt(name, at);
                bytes.AddRange(Encoding.UTF8.GetBytes(rune.ToString()));
                at += rune.Utf16SequenceLength;
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }

    private static string Escape(string name)
    {
        var text = new StringBuilder(name.Length);
        foreach (var b in Encoding.UTF8.GetBytes(name))
        {
            if (b is (byte)'"' or (byte)'\\') text.Append('\\').Append((char)b);
            else if (b < 0x80) text.Append((char)b);
            else text.Append('\\').Append(Convert.ToString(b, 8).PadLeft(3, '0'));
        }

        return text.ToString();
    }

    private static int Number(Group group) => int.Parse(group.ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex("""^\s*\.file\s+(\d+)\s+"(.*)"\s*(?:,.*)?$""")]
    private static partial Regex FileDirective();

    [GeneratedRegex("""^(\s*\.file\s+\d+\s+")(.*)"(?:, *\d+)*(?=\s*$)""", RegexOptions.Multiline)]
    private static partial Regex FilesOfText();

    [GeneratedRegex(@"\G\\([0-3][0-7]{2})")]
    private static partial Regex Octal();

    [GeneratedRegex(@"^\s*\.loc\s+(\d+)\s+(\d{1,9})\s+(\d{1,9})")]
    private static partial Regex LocDirective();

    [GeneratedRegex(@"^\s*(?:\.visible\s+|\.weak\s+)*\.(?:entry|func)\b")]
    private static partial Regex EntryDirective();
}
