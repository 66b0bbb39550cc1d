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

    // Bytes beyond ASCII are written as \303\266, so a name is put together as bytes.
    private static string Unescape(string name)
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

    private static int Number(Group group) => int.Parse(group.ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex("""^\s*\.file\s+(\d+)\s+"(.*)"\s*(?:,.*)?$""")]
    private static partial Regex FileDirective();

    [GeneratedRegex(@"\G\\([0-3][0-7]{2})")]
    private static partial Regex Octal();

    [GeneratedRegex(@"^\s*\.loc\s+(\d+)\s+(\d{1,9})\s+(\d{1,9})")]
    private static partial Regex LocDirective();

    [GeneratedRegex(@"^\s*(?:\.visible\s+|\.weak\s+)*\.(?:entry|func)\b")]
    private static partial Regex EntryDirective();
}
