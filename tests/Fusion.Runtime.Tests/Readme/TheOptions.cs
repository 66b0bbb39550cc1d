using System.Xml.Linq;

namespace Fusion.Runtime.Tests.Readme;

/// <summary>README.md's table of what a user may set: it is written from sdk/Fusion.Defaults.props, by
/// <c>dotnet run build.cs docs</c>.</summary>
public sealed class TheOptions
{
    private const string Defaults = "sdk/Fusion.Defaults.props";
    private const string Begin = "<!-- options: begin, written by 'dotnet run build.cs docs' from sdk/Fusion.Defaults.props -->\n";
    private const string End = "<!-- options: end -->\n";

    [Test]
    public void AreThoseOfTheDefaults()
    {
        var readme = Repository.Read("README.md");
        var (before, rest) = Split(readme, Begin);
        var (table, after) = Split(rest, End);
        var expected = Table();
        if (Environment.GetEnvironmentVariable("FUSION_WRITE_DOCS") == "1")
        {
            File.WriteAllText(Repository.PathOf("README.md"), before + Begin + expected + End + after);
            return;
        }

        Assert.That(table, Is.EqualTo(expected), "'dotnet run build.cs docs' writes the table anew");
    }

    [Test]
    public void EachHaveADefaultAndAReason()
    {
        var rows = Rows().ToList();
        Assert.That(rows, Has.Count.GreaterThan(15));
        Assert.That(rows.Select(row => row.Name), Is.Unique.And.Member("FusionArchitectures").And.Member("FusionImplicitRuntime"));
        foreach (var (name, _, _, reason) in rows) Assert.That(reason, Is.Not.Empty, $"{name} of {Defaults} needs a line that says why");
    }

    private static string Table()
    {
        var lines = Rows().Select(row => $"| `{row.Name}` |{Code(row.Metadata)}|{Code(row.Default)}| {Escape(row.Reason)} |");
        return string.Join('\n', ["| Property | Metadata | Default | |", "|---|---|---|---|", .. lines]) + "\n";
    }

    // A comment is of the property behind it. Parts of the SDK itself, which begin at its root, are not for users.
    private static IEnumerable<(string Name, string Metadata, string Default, string Reason)> Rows()
    {
        var root = XDocument.Parse(Repository.Read(Defaults)).Root!;
        var metadata = root.Elements("ItemDefinitionGroup").Elements("FusionKernel").Elements()
            .ToDictionary(one => one.Value, one => one.Name.LocalName);
        foreach (var group in root.Elements("PropertyGroup"))
        {
            var reason = "";
            foreach (var node in group.Nodes())
            {
                if (node is XComment comment)
                {
                    reason = string.Join(' ', comment.Value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
                }
                else if (node is XElement property && !property.Value.Contains("$(FusionSdkRoot)", StringComparison.Ordinal))
                {
                    var name = property.Name.LocalName;
                    yield return (name, metadata.GetValueOrDefault($"$({name})", ""), property.Value.Trim(), reason);
                    reason = "";
                }
            }
        }
    }

    private static string Code(string text) => text.Length == 0 ? " " : $" `{text}` ";

    private static string Escape(string text) => text.Replace("|", "\\|").Replace("<", "\\<").Replace("*", "\\*");

    private static (string Before, string After) Split(string text, string marker)
    {
        var parts = text.Split(marker);
        Assert.That(parts, Has.Length.EqualTo(2), $"README.md has '{marker.Trim()}' {parts.Length - 1} times");
        return (parts[0], parts[1]);
    }
}
