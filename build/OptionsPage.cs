using System.Xml.Linq;

namespace Fusion.Build.Chores;

/// <summary>An option of the SDK.</summary>
/// <param name="Property">Name of the property.</param>
/// <param name="Metadata">Name of the metadata that sets it for one kernel; empty if there is none.</param>
/// <param name="Default">Value where nothing is set.</param>
/// <param name="Description">What the option does, then why its default is what it is.</param>
internal sealed record SdkOption(string Property, string Metadata, string Default, string Description);

/// <summary>The table of options in docs/options.md, which is written from sdk/Fusion.Defaults.props by
/// <c>dotnet run build.cs docs</c>.</summary>
internal static class OptionsPage
{
    /// <summary>Path of the page in the repository.</summary>
    public const string File = "docs/options.md";

    /// <summary>Path of what it is written from.</summary>
    public const string Source = "sdk/Fusion.Defaults.props";

    private const string Begin = "<!-- options: begin, written by 'dotnet run build.cs docs' from sdk/Fusion.Defaults.props -->\n";
    private const string End = "<!-- options: end -->\n";

    /// <summary>The page with the table as it should be.</summary>
    /// <param name="page">Text of the page as it is.</param>
    /// <param name="props">Text of the file with the defaults.</param>
    public static string Update(string page, string props)
    {
        var (before, rest) = Split(page, Begin);
        var (_, after) = Split(rest, End);
        var rows = Read(props).Select(option =>
            $"| `{option.Property}` |{Code(option.Metadata)}|{Code(option.Default)}| {Escape(option.Description)} |");
        return before + Begin + string.Join('\n', ["| Property | Metadata | Default | |", "|---|---|---|---|", .. rows]) + "\n" + End + after;
    }

    /// <summary>Reads the options: a comment describes the property below it. Parts of the SDK itself, whose paths begin at its
    /// root or whose names begin with a line, are no options.</summary>
    /// <param name="props">Text of the file with the defaults.</param>
    public static IEnumerable<SdkOption> Read(string props)
    {
        var root = XDocument.Parse(props).Root!;
        var metadata = root.Elements("ItemDefinitionGroup").Elements("FusionKernel").Elements()
            .ToDictionary(one => one.Value, one => one.Name.LocalName);
        foreach (var group in root.Elements("PropertyGroup"))
        {
            var description = "";
            foreach (var node in group.Nodes())
            {
                if (node is XComment comment)
                {
                    description = string.Join(' ', comment.Value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
                }
                else if (node is XElement property && !property.Value.Contains("$(FusionSdkRoot)", StringComparison.Ordinal) &&
                    !property.Name.LocalName.StartsWith('_'))
                {
                    var name = property.Name.LocalName;
                    yield return new SdkOption(name, metadata.GetValueOrDefault($"$({name})", ""), property.Value.Trim(), description);
                    description = "";
                }
            }
        }
    }

    private static string Code(string text) => text.Length == 0 ? " " : $" `{text}` ";

    // Between backticks Markdown takes all but a column's end as it is.
    private static string Escape(string text) => string.Join('`', text.Split('`').Select((part, i) =>
        i % 2 == 1 ? part : part.Replace("<", "\\<", StringComparison.Ordinal).Replace("*", "\\*", StringComparison.Ordinal)))
        .Replace("|", "\\|", StringComparison.Ordinal);

    private static (string Before, string After) Split(string text, string marker)
    {
        var parts = text.Split(marker);
        return parts.Length == 2
            ? (parts[0], parts[1])
            : throw new FormatException($"{File} has the line '{marker.Trim()}' {parts.Length - 1} times; expected once.");
    }
}
