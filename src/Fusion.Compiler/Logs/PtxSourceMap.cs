using System.Globalization;
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
            if (FileDirective().Match(line) is { Success: true } file) files[file.Groups[1].Value] = file.Groups[2].Value;
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

    private static int Number(Group group) => int.Parse(group.ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex("""^\s*\.file\s+(\d+)\s+"(.*)"\s*(?:,.*)?$""")]
    private static partial Regex FileDirective();

    [GeneratedRegex(@"^\s*\.loc\s+(\d+)\s+(\d{1,9})\s+(\d{1,9})")]
    private static partial Regex LocDirective();

    [GeneratedRegex(@"^\s*(?:\.visible\s+|\.weak\s+)*\.(?:entry|func)\b")]
    private static partial Regex EntryDirective();
}
