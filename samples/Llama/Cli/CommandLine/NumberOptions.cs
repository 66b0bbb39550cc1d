using System.CommandLine;
using System.Globalization;

namespace Llama.Cli.CommandLine;

/// <summary>Makes options with numbers.</summary>
internal static class NumberOptions
{
    /// <summary>Makes an option with a whole number.</summary>
    public static Option<int> Whole(string name, string description, int otherwise) =>
        new(name) { Description = description, HelpName = "N", DefaultValueFactory = _ => otherwise };

    /// <summary>Makes an option with numbers that are separated by commas.</summary>
    public static Option<T[]> Many<T>(string name, string description, params T[] otherwise)
        where T : struct, ISpanParsable<T>, IComparable<T> => new(name)
        {
            Description = description,
            HelpName = "N,N,…",
            DefaultValueFactory = _ => otherwise,
            CustomParser = result =>
            {
                var numbers = new List<T>();
                foreach (var part in result.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.TrimEntries)))
                {
                    if (T.TryParse(part, CultureInfo.InvariantCulture, out var number) && number.CompareTo(default) > 0) numbers.Add(number);
                    else result.AddError($"'{part}' is no number above 0, as option '{name}' needs: {string.Join(',', otherwise)}.");
                }

                return [.. numbers];
            },
        };
}
