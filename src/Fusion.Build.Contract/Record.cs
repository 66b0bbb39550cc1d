using System.Text;

namespace Fusion.Build.Contract;

/// <summary>Lines of tab-separated fields: what the tasks and fusionc write to each other.</summary>
/// <remarks>Not JSON, because a task must not bring a JSON library into MSBuild's process.</remarks>
public static class Record
{
    private const char Separator = '\t';

    /// <summary>Joins fields to a line.</summary>
    /// <param name="fields">Any text; line breaks and tabs are escaped.</param>
    public static string Join(params string[] fields)
    {
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
    public static string[] Split(string line)
    {
        var fields = line.Split(Separator);
        for (var i = 0; i < fields.Length; i++)
        {
            if (fields[i].IndexOf('\\') >= 0) fields[i] = Unescape(fields[i]);
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
