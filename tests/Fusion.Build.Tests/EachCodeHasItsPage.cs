using System.Text.RegularExpressions;
using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

public sealed partial class EachCodeHasItsPage
{
    private static readonly string Pages = Path.Combine(PackedSdk.RepositoryRoot, "docs/diagnostics");

    private static readonly string[] Sources =
    [
        "src/Fusion.Compiler/Codes.cs", "src/Fusion.Runtime/Errors/ErrorCodes.cs", "src/Fusion.Graph/Errors/GraphErrorCodes.cs",
        "src/Fusion.Emulator/EmulatorErrorCodes.cs", "src/Fusion.CublasLt/CublasLtErrorCodes.cs",
        "src/Fusion.Runtime.Distributed/RendezvousErrorCodes.cs",
    ];

    private static IEnumerable<string> Codes => Sources
        .SelectMany(file => Code().Matches(File.ReadAllText(Path.Combine(PackedSdk.RepositoryRoot, file))).Select(match => match.Groups[1].Value));

    [Test]
    public void AndEachPageItsCode()
    {
        var pages = Directory.GetFiles(Pages, "FUSION*.md").Select(file => Path.GetFileNameWithoutExtension(file));

        Assert.That(Codes, Is.Unique);
        Assert.That(pages, Is.EquivalentTo(Codes));
    }

    [TestCaseSource(nameof(Codes))]
    public void ThatSaysWhatItMeansWhyAndHowToFixIt(string code)
    {
        var page = File.ReadAllText(Path.Combine(Pages, $"{code}.md"));

        Assert.That(page, Does.StartWith($"# {code}"));
        var titles = Title().Matches(page).Select(match => match.Groups[1].Value.Trim()).ToArray();
        Assert.That(titles, Is.EqualTo(["What it means", "Why", "How to fix it"]));
    }

    [GeneratedRegex("\"(FUSION[0-9]{4})\"")]
    private static partial Regex Code();

    [GeneratedRegex("^## (.+)$", RegexOptions.Multiline)]
    private static partial Regex Title();
}
