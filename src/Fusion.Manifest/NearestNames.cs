namespace Fusion.Manifest;

/// <summary>What somebody may have meant.</summary>
internal static class NearestNames
{
    private const int Most = 3;

    /// <summary>The names closest to one that was not found.</summary>
    /// <param name="name">The name that was not found.</param>
    /// <param name="there">The names that there are.</param>
    /// <returns>At most three, the closest first; none if nothing is close.</returns>
    public static IReadOnlyList<string> Of(string name, IReadOnlyList<string> there)
    {
        var tolerance = Math.Max(2, name.Length / 3);
        return [.. there
            .Distinct(StringComparer.Ordinal)
            .Select(candidate => (Name: candidate, Distance: Distance(name, candidate)))
            .Where(c => c.Distance <= tolerance)
            .OrderBy(c => c.Distance)
            .ThenBy(c => c.Name, StringComparer.Ordinal)
            .Take(Most)
            .Select(c => c.Name)];
    }

    /// <summary>How many letters to insert, delete or replace (Levenshtein); a part of the name counts 1, the case of letters
    /// nothing.</summary>
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
