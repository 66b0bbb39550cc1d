using System.Text.RegularExpressions;
using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests.Documentation;

/// <summary>A block of code in a page. What it is stands behind the language in the line that opens it:
/// <c>file=PROGRAM/PATH</c> is a file of a program, or more of one; <c>output=PROGRAM</c> is what the program prints, with <c> gpu</c>
/// behind it what it prints where there is a GPU, with <c> inspected</c> what <c>fusion inspect</c> says of it; <c>from=PATH</c> are lines of a file of this repository that is
/// compiled elsewhere; <c>other=REASON</c> cannot be built here.</summary>
internal sealed partial record Snippet(string Page, int Line, string Language, string Kind, string Target, string Text)
{
    /// <summary>The pages that are looked at, those of the packages among them. Those of the diagnostics show errors.</summary>
    public static IEnumerable<string> Pages => new[] { "src", "sdk", "templates" }
        .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(PackedSdk.RepositoryRoot, folder), "PACKAGE.md", SearchOption.AllDirectories))
        .Concat(Directory.EnumerateFiles(Path.Combine(PackedSdk.RepositoryRoot, "docs"), "*.md"))
        .Select(file => Path.GetRelativePath(PackedSdk.RepositoryRoot, file)).Prepend("README.md").Order(StringComparer.Ordinal);

    /// <summary>Where it stands.</summary>
    public string Place => $"{Page}({Line})";

    /// <summary>Name of the program, of <c>file=</c> and <c>output=</c>.</summary>
    public string Program => Target.Split('/', ' ')[0];

    /// <summary>All blocks of all pages.</summary>
    public static IReadOnlyList<Snippet> All() => [.. Pages.SelectMany(page => Of(page, Read(page)))];

    /// <summary>Content of a file of the repository.</summary>
    public static string Read(string relative) => File.ReadAllText(Path.Combine(PackedSdk.RepositoryRoot, relative)).ReplaceLineEndings("\n");

    /// <summary>The blocks of a page.</summary>
    public static IEnumerable<Snippet> Of(string page, string content)
    {
        var lines = content.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            if (Fence().Match(lines[i]) is not { Success: true } fence) continue;
            var (first, indent) = (i + 1, fence.Groups["indent"].Length);
            while (++i < lines.Length && lines[i].Trim() != "```") { }
            var text = string.Concat(lines[first..i].Select(line => line[Math.Min(indent, line.Length)..] + "\n"));
            yield return new(page, first, fence.Groups["language"].Value, fence.Groups["kind"].Value, fence.Groups["target"].Value, text);
        }
    }

    [GeneratedRegex("^(?<indent> *)```(?<language>[a-z]*)(?: (?<kind>[a-z]+)=(?<target>.+))?")]
    private static partial Regex Fence();
}
