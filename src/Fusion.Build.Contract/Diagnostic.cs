using System.Globalization;
using System.Text;

namespace Fusion.Build.Contract;

/// <summary>Something that fusionc says about a kernel or a project.</summary>
/// <param name="severity">How loud it is.</param>
/// <param name="code"><c>FUSION1nnn</c>; empty for messages and details.</param>
/// <param name="message">What was found, what was expected and what to do; more lines are detail.</param>
/// <param name="file">Full path of the file; empty if it is about no file.</param>
/// <param name="line">Line from 1; 0 if unknown.</param>
/// <param name="column">Column from 1; 0 if unknown.</param>
public sealed class Diagnostic(
    DiagnosticSeverity severity, string code, string message, string file = "", int line = 0, int column = 0)
{
    private const string Prefix = "##fusion";
    private static readonly string[] Severities = Enum.GetNames(typeof(DiagnosticSeverity));

    /// <summary>How loud it is.</summary>
    public DiagnosticSeverity Severity { get; } = severity;

    /// <summary><c>FUSION1nnn</c>; empty for messages and details.</summary>
    public string Code { get; } = code;

    /// <summary>What was found, what was expected and what to do; more lines are detail.</summary>
    public string Message { get; } = message;

    /// <summary>Full path of the file; empty if it is about no file.</summary>
    public string File { get; } = file;

    /// <summary>Line from 1; 0 if unknown.</summary>
    public int Line { get; } = line;

    /// <summary>Column from 1; 0 if unknown.</summary>
    public int Column { get; } = column;

    /// <summary>The diagnostic for a person, as compilers write it: <c>file(line,column): error CODE: message</c>.</summary>
    public override string ToString()
    {
        if (Severity < DiagnosticSeverity.Warning) return Message;
        var text = new StringBuilder(File);
        if (Line > 0) text.Append('(').Append(Line).Append(Column > 0 ? $",{Column}" : "").Append(')');
        if (text.Length > 0) text.Append(": ");
        return text.Append(Severity == DiagnosticSeverity.Error ? "error " : "warning ").Append(Code).Append(": ")
            .Append(Message).ToString();
    }

    /// <summary>The diagnostic as a line for the task that started fusionc.</summary>
    public string ToLine() => Record.Join(
        Prefix, Severity.ToString(), Code, File, Line.ToString(CultureInfo.InvariantCulture),
        Column.ToString(CultureInfo.InvariantCulture), Message);

    /// <summary>Reads what <see cref="ToLine"/> wrote.</summary>
    /// <param name="line">A line of fusionc's output.</param>
    /// <returns>Null if the line is something else.</returns>
    public static Diagnostic? TryParse(string line) =>
        line.StartsWith(Prefix, StringComparison.Ordinal) ? TryRead(Record.Split(line)) : null;

    /// <summary>Reads the fields of what <see cref="ToLine"/> wrote.</summary>
    /// <param name="f">The fields.</param>
    /// <returns>Null if they are something else.</returns>
    public static Diagnostic? TryRead(string[] f) =>
        f.Length == 7 && f[0] == Prefix && Array.IndexOf(Severities, f[1]) is >= 0 and var severity
        && Number(f[4]) is { } at && Number(f[5]) is { } column
            ? new Diagnostic((DiagnosticSeverity)severity, f[2], f[6], f[3], at, column)
            : null;

    private static int? Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
