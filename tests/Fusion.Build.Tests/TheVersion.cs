using System.Text.RegularExpressions;
using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

/// <summary>Directory.Build.props has the version; wherever a page, a sample or a template says it, it is the same.</summary>
public sealed partial class TheVersion
{
    private static readonly string[] Folders = ["docs", "samples", "templates", "src", "sdk", "kernels"];
    private static readonly string[] Extensions = [".md", ".cs", ".cu", ".csproj", ".proj", ".props", ".targets", ".json", ".config"];

    private static IEnumerable<string> Files => Folders
        .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(PackedSdk.RepositoryRoot, folder), "*", SearchOption.AllDirectories))
        .Concat(Directory.EnumerateFiles(PackedSdk.RepositoryRoot))
        .Where(file => Extensions.Contains(Path.GetExtension(file)))
        .Select(file => Path.GetRelativePath(PackedSdk.RepositoryRoot, file))
        // The changelog tells of other versions, and the page of a wrong one shows one.
        .Where(file => file is not ("CHANGELOG.md" or "docs/diagnostics/FUSION1028.md") && !file.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"));

    [Test]
    public void IsTheSameOnEveryPage()
    {
        var said = Files.ToDictionary(file => file, file => Versions(File.ReadAllText(Path.Combine(PackedSdk.RepositoryRoot, file))));

        Assert.That(said["README.md"], Has.Length.GreaterThan(5));
        Assert.That(said["docs/graph.md"], Has.Length.GreaterThan(1));
        Assert.That(said.Where(file => file.Value.Any(version => version != PackedSdk.Version)).Select(file => $"{file.Key}: {string.Join(' ', file.Value)}"),
            Is.Empty, $"the version is {PackedSdk.Version}");
    }

    [Test]
    public void IsSetInOnePlace() => Assert.That(
        Files.Where(file => File.ReadAllText(Path.Combine(PackedSdk.RepositoryRoot, file)).Contains("<Version>", StringComparison.Ordinal)),
        Is.EqualTo(["Directory.Build.props"]));

    [TestCase("fusion-app/FusionApp.csproj")]
    [TestCase("fusion-allreduce/FusionAllReduce.csproj")]
    [TestCase("fusion-file/FusionFile.cs")]
    [TestCase("fusion-lib/FusionLib.csproj")]
    public void IsThatOfThePackageInATemplate(string file)
    {
        using var templates = Package.Open("Fusion.Templates");

        Assert.That(Versions(templates.Text($"content/{file}")), Is.EqualTo([PackedSdk.Version]));
    }

    [TestCase("""<Project Sdk="Fusion.Sdk/9.8.7">""")]
    [TestCase("""<Sdk Name="Fusion.Sdk" Version="9.8.7" />""")]
    [TestCase(""""msbuild-sdks": { "Fusion.Sdk": "9.8.7" }"""")]
    [TestCase("#:sdk Fusion.Sdk@9.8.7")]
    [TestCase("dotnet new install /srv/nuget/fusion/Fusion.Templates.9.8.7.nupkg")]
    [TestCase("dotnet tool install --global Fusion.Cli --version 9.8.7")]
    [TestCase("dotnet tool install --global Fusion.Cli --version\n9.8.7")]
    [TestCase("""<PackageReference Include="Fusion.Nvrtc.linux-x64" Version="9.8.7" />""")]
    [TestCase("compiled by Fusion.Sdk 9.8.7 with NVRTC 12.4")]
    public void IsFoundHoweverItIsWritten(string text) => Assert.That(Versions(text), Is.EqualTo(["9.8.7"]));

    private static string[] Versions(string text) => [.. Version().Matches(text).Select(match => match.Groups["version"].Value)];

    [GeneratedRegex("""Fusion(\.[A-Za-z][A-Za-z0-9-]*)+("? Version="|": "|\s+--version\s+|[/@. ])(?<version>[0-9]+\.[0-9]+\.[0-9]+[0-9A-Za-z.-]*?)(?=\.nupkg|[^0-9A-Za-z.-]|$)""")]
    private static partial Regex Version();
}
