using System.Text.RegularExpressions;
using Fusion.Cli.Tests.Infrastructure;
using Fusion.Tests.Shared;

namespace Fusion.Cli.Tests;

/// <summary>What README and docs show of <c>fusion plan</c> and <c>fusion graph</c> is what these print. A … stands for what a page
/// leaves out.</summary>
public sealed partial class OutputsOfThePages : FolderOfATest
{
    private static readonly string[] Pages = ["README.md", "docs/all-reduce.md", "docs/fusion-tool.md", "docs/graph.md"];

    private static IEnumerable<TestCaseData> Shown =>
        from page in Pages
        from block in Block().Matches(Repository.Read(page))
        select new TestCaseData(block.Groups["command"].Value, block.Groups["output"].Value).SetArgDisplayNames(page, block.Groups["command"].Value);

    [TestCaseSource(nameof(Shown))]
    public void AreWhatTheToolPrints(string command, string output)
    {
        var graph = Json().Match(Repository.Read("docs/graph.md")).Groups["json"].Value;
        File.WriteAllText(Path.Combine(Folder, "layer.json"), graph);

        var run = Tool.Run([.. command.Split(' ').Select(word => word == "layer.json" ? Path.Combine(Folder, word) : word)]);

        var pattern = Regex.Escape(output.TrimEnd()).Replace("…", "(.|\n)*", StringComparison.Ordinal);
        Assert.That(run.Output.ReplaceLineEndings("\n").TrimEnd(), Does.Match($"^{pattern}$"), run.Errors);
    }

    [Test]
    public void AreFound() => Assert.That(Shown.Count(), Is.GreaterThanOrEqualTo(3));

    [GeneratedRegex(@"^```.*\n\$ fusion (?<command>(plan|graph) .*)\n(?<output>(?:(?!```).*\n)+)```", RegexOptions.Multiline)]
    private static partial Regex Block();

    [GeneratedRegex(@"```json file=graph/layer\.json\n(?<json>(?:(?!```).*\n)+)```")]
    private static partial Regex Json();
}
