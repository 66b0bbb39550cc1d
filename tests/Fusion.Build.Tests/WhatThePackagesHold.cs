using System.IO.Compression;
using System.Reflection.PortableExecutable;
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
    [Category("Nightly")]
    public void NvrtcOfArm64IsOfArm64()
    {
        using var folder = new Consumer();
        folder.DotNet("pack", Path.Combine(PackedSdk.RepositoryRoot, "sdk", "nvrtc", "Fusion.Nvrtc.linux-arm64.csproj"), "-o", folder.PathOf("packed"))
            .MustSucceed();

        using var pack = ZipFile.OpenRead(folder.PathOf($"packed/Fusion.Nvrtc.linux-arm64.{PackedSdk.Version}.nupkg"));
        var libraries = pack.Entries.Where(entry => entry.FullName.StartsWith("nvrtc/", StringComparison.Ordinal)).ToArray();
        Assert.That(libraries.Select(entry => entry.Name), Has.Some.StartsWith("libnvrtc.so.").And.Some.StartsWith("libnvrtc-builtins.so."));
        foreach (var library in libraries)
        {
            using var content = library.Open();
            var header = new byte[20];
            content.ReadExactly(header);
            Assert.That((header[..4], BitConverter.ToUInt16(header, 18)), Is.EqualTo(("\u007fELF"u8.ToArray(), (ushort)183)), library.Name);
        }

        Assert.That(Names(pack), Has.Member("LICENSE.txt").And.Member("build/Fusion.Nvrtc.linux-arm64.props"));
    }

    [Test]
    public void CcclComesWithoutThrustAndWithItsLicences()
    {
        using var pack = ZipFile.OpenRead(PackedSdk.PackagePath("Fusion.Cccl"));

        Assert.That(Names(pack), Is.SupersetOf(new[]
        {
            "build/Fusion.Cccl.props", "include/cub/block/block_reduce.cuh", "include/cuda/std/array", "include/nv/target", "include/thrust/version.h",
        }).And.None.StartsWith("include/thrust/system"));
        using var licence = new StreamReader(pack.GetEntry("LICENSE.txt")!.Open());
        Assert.That(licence.ReadToEnd(), Does.Contain("LLVM exception").IgnoreCase.And.Contain("BSD-3-clause").And.Contain("Version 2.0, January 2004"));
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

    // Without it, a build with nothing to do waits for the JIT compiler.
    [TestCase("linux-x64")]
    [TestCase("linux-arm64")]
    public void TasksOfLinuxHaveMachineCode(string platform)
    {
        using var sdk = Package.Open("Fusion.Sdk");
        foreach (var name in new[] { "Fusion.Build.Tasks", "Fusion.Build.Contract" })
        {
            using var file = new PEReader(new MemoryStream(sdk.Bytes($"tools/tasks/{platform}/{name}.dll")));
            using var plain = new PEReader(new MemoryStream(sdk.Bytes($"tools/tasks/{name}.dll")));
            Assert.That((Size(file) > 0, Size(plain)), Is.EqualTo((true, 0)), name);
        }

        static int Size(PEReader file) => file.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size;
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
