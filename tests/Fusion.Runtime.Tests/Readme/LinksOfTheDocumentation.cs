using System.Text;
using System.Text.RegularExpressions;

namespace Fusion.Runtime.Tests.Readme;

/// <summary>Links within the repository lead somewhere.</summary>
public sealed partial class LinksOfTheDocumentation
{
    private static readonly string[] Folders = ["docs", "samples", "templates", "bench", "kernels", "sdk", "src"];

    private static IEnumerable<string> Pages => Folders
        .SelectMany(folder => Directory.EnumerateFiles(Repository.PathOf(folder), "*.md", SearchOption.AllDirectories))
        .Concat(Directory.EnumerateFiles(Repository.PathOf(""), "*.md"))
        .Select(file => Path.GetRelativePath(Repository.PathOf(""), file)).Order(StringComparer.Ordinal);

    [TestCaseSource(nameof(Pages))]
    public void LeadToAFileAndToATitleInIt(string page)
    {
        foreach (var target in Links(Repository.Read(page)))
        {
            var parts = target.Split('#');
            var file = parts[0].Length == 0
                ? Repository.PathOf(page)
                : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Repository.PathOf(page))!, Uri.UnescapeDataString(parts[0])));
            Assert.That(File.Exists(file) || Directory.Exists(file), $"{page} links to {target}, which is not there");
            if (parts.Length > 1)
                Assert.That(Anchors(File.ReadAllText(file)), Has.Member(parts[1]), $"{page} links to {target}, but there is no such title");
        }
    }

    [Test]
    public void AreFoundWithTheirTitles()
    {
        Assert.That(Links("[a](b.md#c) `[d](e)`\n```\n[f](g)\n```\n[h](https://i) [j](#k)"), Is.EqualTo(["b.md#c", "#k"]));
        Assert.That(Anchors("# A b\n## `fusion x --y A`\n```\n# no title\n```\n## A b\n## [Numbers](n.md), read & *kept*\n"),
            Is.EqualTo(["a-b", "fusion-x---y-a", "a-b-1", "numbers-read--kept"]));
        Assert.That(Pages, Has.Member("README.md").And.Member("docs/diagnostics/FUSION1001.md"));
    }

    private static string[] Links(string page) =>
        [.. Link().Matches(CodeSpan().Replace(string.Join('\n', Prose(page)), "")).Select(match => match.Groups[1].Value)
            .Where(target => !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith("mailto:", StringComparison.Ordinal))];

    // As GitHub makes them: small letters, blanks to dashes, no other punctuation; a second of a name gets a number.
    private static List<string> Anchors(string page)
    {
        var anchors = new List<string>();
        var seen = new Dictionary<string, int>();
        foreach (var line in Prose(page.ReplaceLineEndings("\n")))
        {
            if (Title().Match(line) is not { Success: true } title) continue;
            var text = Link().Replace(title.Groups[1].Value, match => match.Value[1..match.Value.IndexOf(']', StringComparison.Ordinal)]);
            var anchor = new StringBuilder();
            foreach (var c in text.Trim())
            {
                if (char.IsLetterOrDigit(c) || c is '-' or '_') anchor.Append(char.ToLowerInvariant(c));
                else if (c == ' ') anchor.Append('-');
            }

            var count = seen[anchor.ToString()] = seen.GetValueOrDefault(anchor.ToString(), -1) + 1;
            anchors.Add(count == 0 ? anchor.ToString() : $"{anchor}-{count}");
        }

        return anchors;
    }

    private static IEnumerable<string> Prose(string page)
    {
        var isCode = false;
        foreach (var line in page.Split('\n'))
        {
            if (line.TrimStart().StartsWith("```", StringComparison.Ordinal)) isCode = !isCode;
            else if (!isCode) yield return line;
        }
    }

    [GeneratedRegex(@"\[[^\]\n]*\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("`[^`\n]*`")]
    private static partial Regex CodeSpan();

    [GeneratedRegex("^#{1,6} +(.+)$")]
    private static partial Regex Title();
}
