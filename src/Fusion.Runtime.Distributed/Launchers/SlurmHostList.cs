using System.Globalization;

namespace Fusion.Runtime.Distributed.Launchers;

/// <summary>Slurm's short form of lists of machines: <c>node[01-04,07],gpu3</c>.</summary>
internal static class SlurmHostList
{
    /// <summary>Lists the machines, in order, as far as they are asked for: a range may be of any length.</summary>
    /// <param name="list">Names with numbers and ranges of numbers in brackets, of which a name may have several, separated by commas.</param>
    /// <exception cref="FormatException">The list is none; thrown when it is read so far.</exception>
    public static IEnumerable<string> Expand(string list) => Split(list).SelectMany(Hosts);

    // Commas within brackets separate numbers, others separate names.
    private static IEnumerable<string> Split(string list)
    {
        var (start, isInside) = (0, false);
        for (var i = 0; i <= list.Length; i++)
        {
            var c = i < list.Length ? list[i] : ',';
            if (c == (isInside ? '[' : ']')) throw new FormatException($"a bracket too many at character {i + 1}.");
            if (c is '[' or ']') isInside = c == '[';
            if (i == list.Length && isInside) throw new FormatException("a bracket is not closed.");
            if (c != ',' || isInside) continue;
            yield return i > start ? list[start..i] : throw new FormatException($"a name is empty at character {i + 1}.");
            start = i + 1;
        }
    }

    private static IEnumerable<string> Hosts(string name)
    {
        var open = name.IndexOf('[', StringComparison.Ordinal);
        if (open < 0) return [name];
        var close = name.IndexOf(']', open);
        var tails = name[(close + 1)..];
        return Numbers(name[(open + 1)..close]).SelectMany(_ => tails.Length > 0 ? Hosts(tails) : [""], (number, tail) => name[..open] + number + tail);
    }

    // 01-04,07: the digits of the first number of a range say how many each has at least.
    private static IEnumerable<string> Numbers(string ranges)
    {
        foreach (var range in ranges.Split(','))
        {
            var ends = range.Split('-');
            if (ends.Length > 2) throw new FormatException($"'{range}' is no range of numbers.");
            var (first, last) = (Number(ends[0], range), Number(ends[^1], range));
            if (last < first) throw new FormatException($"the range '{range}' runs backwards.");
            for (var number = first; number <= last; number++)
                yield return number.ToString(CultureInfo.InvariantCulture).PadLeft(ends[0].Length, '0');
        }
    }

    private static long Number(string digits, string range) =>
        long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < long.MaxValue
            ? number
            : throw new FormatException($"'{range}' is no number and no range of numbers.");
}
