using System.Text;

namespace Fusion.Build.Contract;

/// <summary>Lines of tab-separated fields: what the tasks and fusionc write to each other.</summary>
/// <remarks>Not JSON, because a task must not bring a JSON library into MSBuild's process.</remarks>
public static class Record
{
    private const char Separator = '\t';
    private static readonly char[] Escaped = ['\\', Separator, '\n', '\r'];

    /// <summary>Joins fields to a line.</summary>
    /// <param name="fields">Any text; line breaks and tabs are escaped.</param>
    public static string Join(params string[] fields)
    {
        if (Array.TrueForAll(fields, field => field.IndexOfAny(Escaped) < 0)) return string.Join("\t", fields);
        var line = new StringBuilder();
        for (var i = 0; i < fields.Length; i++)
        {
            if (i > 0) line.Append(Separator);
            foreach (var c in fields[i])
            {
                _ = c switch
                {
                    '\\' => line.Append(@"\\"),
                    '\t' => line.Append(@"\t"),
                    '\n' => line.Append(@"\n"),
                    '\r' => line.Append(@"\r"),
                    _ => line.Append(c),
                };
            }
        }

        return line.ToString();
    }

    /// <summary>Splits what <see cref="Join"/> joined.</summary>
    /// <param name="line">One line.</param>
    public static string[] Split(string line) => Split(line, 0, line.Length);

    /// <summary>Splits a line of a longer text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="start">Where the line starts.</param>
    /// <param name="end">Where it ends.</param>
    public static string[] Split(string text, int start, int end)
    {
        var count = 1;
        for (var i = start; i < end; i++) count += text[i] == Separator ? 1 : 0;
        var fields = new string[count];
        for (int i = 0, at = start; i < count; i++)
        {
            var next = i + 1 < count ? text.IndexOf(Separator, at) : end;
            var field = text.Substring(at, next - at);
            fields[i] = field.IndexOf('\\') >= 0 ? Unescape(field) : field;
            at = next + 1;
        }

        return fields;
    }

    private static string Unescape(string field)
    {
        var text = new StringBuilder(field.Length);
        for (var i = 0; i < field.Length; i++)
        {
            if (field[i] != '\\' || i + 1 == field.Length)
            {
                text.Append(field[i]);
                continue;
            }

            i++;
            text.Append(field[i] switch { 't' => '\t', 'n' => '\n', 'r' => '\r', var other => other });
        }

        return text.ToString();
    }
}
