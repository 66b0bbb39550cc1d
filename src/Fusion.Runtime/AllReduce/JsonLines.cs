using System.Text.Json;

namespace Fusion.Runtime;

/// <summary>Finds lines in a policy file that was read already, for faults that only show in the values.</summary>
internal static class JsonLines
{
    private static readonly JsonReaderOptions Options =
        new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>The line of a field.</summary>
    /// <param name="json">The file.</param>
    /// <param name="row">The row that has the field, from 0; null for the file's own fields.</param>
    /// <param name="field">Its name; where the row has no such field, the row's first line counts.</param>
    /// <returns>The line, from 1; 0 if there is no such row.</returns>
    public static int Of(ReadOnlySpan<byte> json, int? row, string field)
    {
        const int FileDepth = 1;
        const int RowDepth = 3;
        var (current, rowLine) = (-1, 0);
        var reader = new Utf8JsonReader(json, Options);
        while (reader.Read())
        {
            // Rows are the only values two levels deep: { "rows": [ {…}, … ] }.
            var startsRow = reader.CurrentDepth == RowDepth - 1 &&
                reader.TokenType is not (JsonTokenType.EndObject or JsonTokenType.PropertyName);
            if (startsRow && ++current == row) rowLine = LineAt(json, reader.TokenStartIndex);

            if (reader.TokenType != JsonTokenType.PropertyName || !reader.ValueTextEquals(field)) continue;
            var isIt = row is null ? reader.CurrentDepth == FileDepth : reader.CurrentDepth == RowDepth && current == row;
            if (isIt) return LineAt(json, reader.TokenStartIndex);
        }

        return rowLine;
    }

    private static int LineAt(ReadOnlySpan<byte> json, long index) => 1 + json[..(int)index].Count((byte)'\n');
}
