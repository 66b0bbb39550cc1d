namespace Fusion.Manifest;

/// <summary>Finds names that a user may have meant.</summary>
internal static class NearestNames
{
    private const int MaxNames = 3;

    /// <summary>Finds the known names that are closest to one that was not found.</summary>
    /// <param name="name">Name that was not found.</param>
    /// <param name="known">Known names.</param>
    /// <returns>At most three names, the closest first; none if no name is close.</returns>
    public static IReadOnlyList<string> Of(string name, IReadOnlyList<string> known)
    {
        var tolerance = Math.Max(2, name.Length / 3);
        return [.. known
            .Distinct(StringComparer.Ordinal)
            .Select(candidate => (Name: candidate, Distance: Distance(name, candidate)))
            .Where(c => c.Distance <= tolerance)
            .OrderBy(c => c.Distance)
            .ThenBy(c => c.Name, StringComparer.Ordinal)
            .Take(MaxNames)
            .Select(c => c.Name)];
    }

    /// <summary>Computes the number of letters to insert, delete or replace (Levenshtein distance), ignoring case; a name
    /// that contains the other counts 1.</summary>
    private static int Distance(string a, string b)
    {
        if (b.Contains(a, StringComparison.OrdinalIgnoreCase) || a.Contains(b, StringComparison.OrdinalIgnoreCase))
            return a.Length == b.Length ? 0 : 1;

        var row = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++) row[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var same = char.ToUpperInvariant(a[i - 1]) == char.ToUpperInvariant(b[j - 1]);
                var replaced = diagonal + (same ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
