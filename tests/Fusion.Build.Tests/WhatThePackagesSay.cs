using System.Buffers.Binary;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;
using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

/// <summary>What a gallery, NuGet and a debugger read of each package.</summary>
public sealed partial class WhatThePackagesSay
{
    private static readonly string[] Libraries = ["Fusion.CublasLt", "Fusion.Emulator", "Fusion.Graph", "Fusion.Interop", "Fusion.Manifest", "Fusion.Runtime", "Fusion.Runtime.Distributed"];
    private static readonly string[] Ids = [.. Libraries, "Fusion.Cccl", "Fusion.Cli", "Fusion.Nvrtc.linux-x64", "Fusion.Sdk", "Fusion.Templates"];

    [Test]
    public void IsAskedOfEveryPackage() => Assert.That(
        Directory.GetFiles(PackedSdk.Packages, $"*.{PackedSdk.Version}.nupkg").Select(Path.GetFileName),
        Is.EquivalentTo(Ids.Select(id => $"{id}.{PackedSdk.Version}.nupkg")));

    [TestCaseSource(nameof(Ids))]
    public void OnAGalleryIsComplete(string id)
    {
        using var package = Package.Open(id);
        var metadata = package.Metadata();

        string Value(string name) => metadata.Element(name)?.Value ?? "";
        using (Assert.EnterMultipleScope())
        {
            Assert.That((Value("id"), Value("version")), Is.EqualTo((id, PackedSdk.Version)));
            Assert.That(Value("description"), Has.Length.GreaterThan(40));
            Assert.That(Value("authors"), Is.EqualTo("The Fusion.Sdk authors"));
            Assert.That(Value("copyright"), Does.Contain("Fusion.Sdk"));
            Assert.That(Value("tags").Split(' '), Has.Member("cuda").And.Member("gpu"));
            Assert.That(Value("license"), Is.EqualTo("MIT").Or.EqualTo("LICENSE.txt"));
            Assert.That(Value("projectUrl"), Is.EqualTo(PackedSdk.ProjectUrl));
            Assert.That(Value("releaseNotes"), Is.EqualTo($"{PackedSdk.ProjectUrl}/blob/main/CHANGELOG.md"));
            var repository = metadata.Element("repository");
            Assert.That((repository?.Attribute("type")?.Value, repository?.Attribute("url")?.Value), Is.EqualTo(("git", PackedSdk.ProjectUrl)));
            Assert.That(repository?.Attribute("commit")?.Value, Does.Match("^[0-9a-f]{40}$"));
        }

        var icon = package.Bytes(Value("icon"));
        Assert.That(icon[1..4], Is.EqualTo("PNG"u8.ToArray()));
        Assert.That((Size(icon, 16), Size(icon, 20)), Is.EqualTo((128, 128)));
    }

    [TestCaseSource(nameof(Ids))]
    public void OnItsPageLeadsToTheRepository(string id)
    {
        using var package = Package.Open(id);

        var page = package.Text(package.Metadata().Element("readme")!.Value);

        Assert.That(page, Does.StartWith($"# {id}\n"));
        var links = Link().Matches(page).Select(match => match.Groups[1].Value).ToList();
        Assert.That(links, Is.Not.Empty.And.All.StartsWith("https://"));
        foreach (var link in links.Where(link => link.StartsWith(PackedSdk.ProjectUrl, StringComparison.Ordinal)))
        {
            Assert.That(link, Does.StartWith($"{PackedSdk.ProjectUrl}/blob/main/"));
            var file = link[$"{PackedSdk.ProjectUrl}/blob/main/".Length..].Split('#')[0];
            Assert.That(Path.Combine(PackedSdk.RepositoryRoot, file), Does.Exist, link);
        }
    }

    // They see each other's internals, so another version may lack what one calls.
    [TestCaseSource(nameof(Ids))]
    public void OfEachOtherIsTheExactVersion(string id)
    {
        using var package = Package.Open(id);

        var ours = package.Metadata().Descendants("dependency")
            .Where(one => one.Attribute("id")!.Value.StartsWith("Fusion.", StringComparison.Ordinal))
            .Select(one => $"{one.Attribute("id")!.Value} {one.Attribute("version")!.Value}");

        string[] expected = id switch
        {
            "Fusion.CublasLt" or "Fusion.Emulator" or "Fusion.Runtime.Distributed" => ["Fusion.Runtime"],
            "Fusion.Graph" => ["Fusion.CublasLt", "Fusion.Runtime"],
            "Fusion.Runtime" => ["Fusion.Interop", "Fusion.Manifest"],
            _ => [],
        };
        Assert.That(ours, Is.EquivalentTo(expected.Select(one => $"{one} [{PackedSdk.Version}]")));
    }

    [TestCaseSource(nameof(Libraries))]
    public void ToADebuggerIsInAPackageOfSymbols(string id)
    {
        using var package = Package.Open(id);
        using var symbols = Package.OpenSymbols(id);

        var assemblies = package.Names.Where(name => name.EndsWith(".dll", StringComparison.Ordinal)).ToList();
        Assert.That(assemblies, Is.EqualTo([$"lib/net10.0/{id}.dll"]));
        Assert.That(symbols.Names, Is.SupersetOf(assemblies.Select(name => Path.ChangeExtension(name, ".pdb"))));
        Assert.That(package.Names, Has.Member(Path.ChangeExtension(assemblies[0], ".xml")), "what IntelliSense shows");
    }

    [TestCase("tools/fusionc/fusionc.dll")]
    [TestCase("tools/tasks/Fusion.Build.Tasks.dll")]
    [TestCase("tools/tasks/Fusion.Build.Contract.dll")]
    public void ToADebuggerIsInTheAssembliesOfTheSdk(string assembly)
    {
        using var package = Package.Open("Fusion.Sdk");

        using var file = new PEReader(new MemoryStream(package.Bytes(assembly)));

        Assert.That(file.ReadDebugDirectory().Select(entry => entry.Type), Has.Member(DebugDirectoryEntryType.EmbeddedPortablePdb));
    }

    private static int Size(byte[] png, int offset) => BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(offset));

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();
}
