using Fusion.Build.Tests.Infrastructure;
using Fusion.Manifest;

namespace Fusion.Build.Tests;

public sealed class ThreeWaysToUseTheSdk
{
    private const string Body = """
          <PropertyGroup>
            <TargetFramework>net10.0</TargetFramework>
            <FusionArchitectures>sm_80</FusionArchitectures>
          </PropertyGroup>
        """;

    [Test]
    [Category("Nightly")]
    public void AProjectNamesItWithItsVersion()
    {
        using var consumer = new Consumer($"""<Project Sdk="Fusion.Sdk/{PackedSdk.Version}">{Body}</Project>""");

        Check(consumer);
    }

    [Test]
    [Category("Nightly")]
    public void AProjectNamesItAndGlobalJsonNamesTheVersion()
    {
        using var consumer = new Consumer($"""<Project Sdk="Fusion.Sdk">{Body}</Project>""");
        consumer.Write("global.json", $$"""{ "msbuild-sdks": { "Fusion.Sdk": "{{PackedSdk.Version}}" } }""");

        Check(consumer);
    }

    [Test]
    [Category("Nightly")]
    public void AProjectOfMicrosoftNetSdkAddsIt()
    {
        using var consumer = new Consumer($"""
            <Project Sdk="Microsoft.NET.Sdk">
              <Sdk Name="Fusion.Sdk" Version="{PackedSdk.Version}" />
              {Body}
            </Project>
            """);

        Check(consumer);
    }

    private static void Check(Consumer consumer)
    {
        consumer.Write("fill.cu", Kernels.Named("fill"));

        var build = consumer.Build().MustSucceed();

        Assert.That(build.Warnings, Is.Empty, build.Output);
        Assert.That(consumer.Images, Is.EqualTo(["fill.sm_80.cubin"]));
        Assert.That(consumer.Built.KernelResources, Is.EqualTo(["Fusion.Kernels/fill.sm_80.cubin", KernelManifest.ResourceName]));
        Assert.That(consumer.RestoredPackages, Does.Contain($"Fusion.Runtime/{PackedSdk.Version}"));
    }
}
