using System.Text.RegularExpressions;

namespace Fusion.Runtime.Tests.Readme;

/// <summary>docs/types.md names every public type, and no other.</summary>
public sealed partial class TheTypes
{
    // Of .NET, of Fusion.Manifest, and what the build writes.
    private static readonly string[] Others = ["Half", "Kernels", "Count", "Code"];

    [TestCase("Fusion.Runtime", 20)]
    [TestCase("Fusion.Graph", 20)]
    [TestCase("Fusion.CublasLt", 5)]
    public void AreOnTheirPage(string assembly, int least)
    {
        var section = Repository.Read("docs/types.md").Split($"\n## {assembly}\n")[1].Split("\n## ")[0];
        var named = Named().Matches(section).Select(match => match.Groups["type"].Value).Distinct().Except(Others).ToList();
        var types = Type().Matches(Repository.Read($"src/{assembly}/PublicAPI.Shipped.txt") + Repository.Read($"src/{assembly}/PublicAPI.Unshipped.txt"))
            .Select(match => match.Groups["type"].Value).Where(type => !type.EndsWith("Exception", StringComparison.Ordinal)).ToList();

        Assert.That(types, Has.Count.GreaterThan(least));
        Assert.That(named.Where(type => !type.EndsWith("Exception", StringComparison.Ordinal)), Is.EquivalentTo(types));
    }

    [GeneratedRegex("`(?<type>[A-Z][A-Za-z0-9]*)(<T>|\\.[A-Za-z]+)?`")]
    private static partial Regex Named();

    // A member's line has an arrow to its type.
    [GeneratedRegex(@"^Fusion\.(Runtime|Graph|CublasLt)\.(?<type>[A-Za-z0-9]+)(<T>)?$", RegexOptions.Multiline)]
    private static partial Regex Type();
}
