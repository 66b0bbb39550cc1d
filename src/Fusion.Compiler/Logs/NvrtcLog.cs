using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Fusion.Build.Contract;

namespace Fusion.Compiler.Logs;

/// <summary>Reads a log of NVRTC.</summary>
internal sealed class NvrtcLog
{
    private const string NameMap = "__nv_name_map";
    // NVRTC indents what follows a message by ten blanks or more; two show the same.
    private const string DeepIndent = "          ";
    private readonly List<LogEntry> entries = [];
    private readonly List<string> unmatched = [];
    // A source line of the log looks like any other line until the caret below it says what it is.
    private string? pending;
    private bool inNote;

    private NvrtcLog()
    {
    }

    /// <summary>What was said, in order.</summary>
    public IReadOnlyList<LogEntry> Entries => entries;

    /// <summary>Lines that no shape matched and that follow nothing they could belong to.</summary>
    public IReadOnlyList<string> Unmatched => unmatched;

    /// <summary>Reads a log.</summary>
    /// <param name="log">The whole log.</param>
    public static NvrtcLog Parse(string log)
    {
        var result = new NvrtcLog();
        foreach (var line in log.Split('\n')) result.Add(line.TrimEnd('\r'));
        result.FlushPending();
        return result;
    }

    /// <summary>The log with other entries.</summary>
    /// <param name="change">Gives the entry that takes an entry's place.</param>
    public NvrtcLog Change(Func<LogEntry, LogEntry> change)
    {
        var result = new NvrtcLog();
        result.entries.AddRange(entries.Select(change));
        result.unmatched.AddRange(unmatched);
        return result;
    }

    private void Add(string line)
    {
        if (LogShapes.Caret().IsMatch(line) && pending is not null)
        {
            AtCaret(pending, line);
            pending = null;
            return;
        }

        FlushPending();
        if (string.IsNullOrWhiteSpace(line) || LogShapes.Noise().IsMatch(line)) return;
        if (LogShapes.AtLine().Match(line) is { Success: true } atLine)
        {
            if (!OnlySumsUp(atLine)) AddAtLine(atLine);
        }
        else if (LogShapes.AtEnd().Match(line) is { Success: true } atEnd) Start(LogOrigin.Source, atEnd);
        else if (LogShapes.Option().Match(line) is { Success: true } option) Start(LogOrigin.Option, option);
        else if (LogShapes.Ptxas().Match(line) is { Success: true } ptxas) Start(LogOrigin.Ptxas, ptxas);
        else if (LogShapes.PtxasMore().Match(line) is { Success: true } more) AddDetail(more.Groups["text"].Value);
        else if (LogShapes.Here().Match(line) is { Success: true } here && entries.Count > 0) AddHere(here);
        else pending = line;
    }

    private void AddAtLine(Match match)
    {
        if (match.Groups["severity"].Value == "note" && entries.Count > 0)
        {
            AddDetail($"note: {match.Groups["text"].Value} (line {match.Groups["line"].Value} of {match.Groups["file"].Value})");
            inNote = true;
            return;
        }

        var file = match.Groups["file"].Value;
        Start(file == NameMap ? LogOrigin.NameExpression : LogOrigin.Source, match);
        entries[^1] = entries[^1] with { File = file == NameMap ? "" : file };
    }

    // A closing line may have the shape of a message; without a message before it, it is better than nothing.
    private bool OnlySumsUp(Match match) => entries.Count > 0 && LogShapes.Noise().IsMatch(match.Groups["text"].Value);

    private void Start(LogOrigin origin, Match match)
    {
        if (OnlySumsUp(match)) return;
        inNote = false;
        var number = match.Groups["number"].Value;
        var line = match.Groups["line"].Value;
        entries.Add(new LogEntry
        {
            Origin = origin,
            Severity = SeverityOf(match.Groups["severity"].Value),
            Line = line.Length > 0 && int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0,
            Message = number.Length > 0 ? $"{number}: {match.Groups["text"].Value}" : match.Groups["text"].Value,
        });
    }

    private void AddDetail(string text) => entries[^1] = entries[^1] with { Details = [.. entries[^1].Details, text] };

    // Version 11 breaks a sentence where it names a place, and goes on in the next line.
    private void AddHere(Match match)
    {
        var file = match.Groups["file"].Value;
        var place = $" at line {match.Groups["line"].Value}{(file.Length > 0 ? $" of {file}" : "")}{match.Groups["rest"].Value}";
        var last = entries[^1];
        entries[^1] = last.Details.Count == 0
            ? last with { Message = last.Message.TrimEnd() + place }
            : last with { Details = [.. last.Details.SkipLast(1), last.Details[^1].TrimEnd() + place] };
    }

    private void AtCaret(string source, string caret)
    {
        if (entries.Count == 0 || inNote || entries[^1].Column > 0) return;
        // Log and caret are indented by two blanks; the caret's place counts bytes, a column counts characters.
        var bytes = Encoding.UTF8.GetBytes(source);
        var before = Math.Min(caret.IndexOf('^'), bytes.Length);
        var beyond = caret.IndexOf('^') - before;
        var column = Encoding.UTF8.GetCharCount(bytes, 0, before) + beyond - 1;
        entries[^1] = entries[^1] with { Column = Math.Max(column, 1) };
    }

    private void FlushPending()
    {
        if (pending is null) return;
        if (entries.Count == 0) unmatched.Add(pending);
        else AddDetail(pending.StartsWith(DeepIndent, StringComparison.Ordinal) ? pending[(DeepIndent.Length - 2)..].TrimEnd() : pending.TrimEnd());
        pending = null;
    }

    private static DiagnosticSeverity SeverityOf(string word) => word switch
    {
        "warning" => DiagnosticSeverity.Warning,
        "remark" or "note" or "info" => DiagnosticSeverity.Message,
        _ => DiagnosticSeverity.Error,
    };
}
