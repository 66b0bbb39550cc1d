using System.IO.Compression;
using System.Text.Json;
using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

public sealed class WhatThePackagesHold
{
    [Test]
    public void NvrtcComesWithItsBuiltinsAndItsLicence()
    {
        using var pack = ZipFile.OpenRead(PackedSdk.PackagePath("Fusion.Nvrtc.linux-x64"));

        var names = Names(pack);
        Assert.That(names, Has.Some.StartsWith("nvrtc/libnvrtc.so.").And.Some.StartsWith("nvrtc/libnvrtc-builtins.so."));
        using var licence = new StreamReader(pack.GetEntry("LICENSE.txt")!.Open());
        Assert.That(licence.ReadToEnd(), Does.Contain("NVIDIA").And.Contain("redistribut").IgnoreCase);
    }

    [Test]
    public void TheSdkHasEntryPointsCompilerHeadersAndHelpButNoNvrtc()
    {
        using var sdk = ZipFile.OpenRead(PackedSdk.PackagePath("Fusion.Sdk"));

        var names = Names(sdk);
        Assert.That(names, Is.SupersetOf(new[]
        {
            "Sdk/Sdk.props", "Sdk/Sdk.targets", "Sdk/kernels/cu/fusion/base/bf16.cuh", "Sdk/docs/diagnostics/FUSION1001.md",
        }));
        Assert.That(names, Has.Some.EndWith("/fusionc.dll").And.Some.EndWith("/Fusion.Build.Tasks.dll"));
        Assert.That(names, Has.None.Contain("libnvrtc"));
    }

    [Test]
    public void TemplatesBringNothingThatShadowsTheUsersOwn()
    {
        using var templates = ZipFile.OpenRead(PackedSdk.PackagePath("Fusion.Templates"));

        var names = Names(templates).Select(Path.GetFileName).ToArray();
        Assert.That(names.Count(name => name == "template.json"), Is.EqualTo(5));
        foreach (var settings in new[]
        {
            "global.json", "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props", ".editorconfig",
            "Directory.Build.rsp", ".gitignore",
        })
        {
            Assert.That(names, Has.None.EqualTo(settings).IgnoreCase);
        }

        // A project's nuget.config is written where --source asks for it, and nowhere else.
        foreach (var settings in templates.Entries.Where(entry => entry.Name.Equals("nuget.config", StringComparison.OrdinalIgnoreCase)))
        {
            var folder = Path.GetDirectoryName(settings.FullName)!;
            var template = templates.GetEntry($"{folder}/.template.config/template.json")!;
            using var text = new StreamReader(template.Open());
            Assert.That(text.ReadToEnd(), Does.Match("""\(source == \\"\\"\)",\s*"exclude": \["nuget.config"\]"""), folder);
        }
    }

    [TestCase("fusion-app")]
    [TestCase("fusion-allreduce")]
    [TestCase("fusion-file")]
    [TestCase("fusion-kernel")]
    [TestCase("fusion-lib")]
    public void ATemplateHasAnIconAndNamesForAnIde(string template)
    {
        using var templates = Package.Open("Fusion.Templates");
        var folder = $"content/{template}/.template.config";
        using var ide = JsonDocument.Parse(templates.Text($"{folder}/ide.host.json"));
        using var config = JsonDocument.Parse(templates.Text($"{folder}/template.json"));

        Assert.That(templates.Bytes($"{folder}/{ide.RootElement.GetProperty("icon").GetString()}")[1..4], Is.EqualTo("PNG"u8.ToArray()));
        var parameters = config.RootElement.GetProperty("symbols").EnumerateObject()
            .Where(symbol => symbol.Value.GetProperty("type").GetString() == "parameter").Select(symbol => symbol.Name);
        Assert.That(ide.RootElement.GetProperty("symbolInfo").EnumerateArray().Select(symbol => symbol.GetProperty("id").GetString()),
            Is.EquivalentTo(parameters));
    }

    private static string[] Names(ZipArchive package) => [.. package.Entries.Select(entry => entry.FullName)];
}
