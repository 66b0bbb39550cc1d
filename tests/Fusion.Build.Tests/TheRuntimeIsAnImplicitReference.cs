using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

public sealed class TheRuntimeIsAnImplicitReference
{
    private static readonly string Runtime = $"Fusion.Runtime/{PackedSdk.Version}";

    private const string UsesTheRuntime = """
        public static class Uses { public static System.Type Library => typeof(Fusion.Runtime.KernelLibrary); }
        """;

    [Test]
    [Category("Nightly")]
    public void OfTheSameVersion()
    {
        using var consumer = new Consumer();
        consumer.Write("fill.cu", Kernels.Named("fill")).Write("Uses.cs", UsesTheRuntime);

        consumer.Build().MustSucceed();

        Assert.That(consumer.RestoredPackages, Does.Contain(Runtime));
    }

    [Test]
    [Category("Nightly")]
    public void UnlessItIsTurnedOff()
    {
        using var consumer = new Consumer(Projects.Library("<FusionImplicitRuntime>false</FusionImplicitRuntime>"));
        consumer.Write("fill.cu", Kernels.Named("fill"));

        consumer.Build().MustSucceed();

        Assert.That(consumer.RestoredPackages, Has.None.StartsWith("Fusion.Runtime/"));
        Assert.That(consumer.Images, Is.EqualTo(["fill.sm_80.cubin"]), "the kernels do not need it");
    }

    [Test]
    [Category("Nightly")]
    public void AlsoWithCentralPackageManagement()
    {
        using var consumer = new Consumer();
        consumer.Write("fill.cu", Kernels.Named("fill")).Write("Uses.cs", UsesTheRuntime);
        consumer.Write("Directory.Packages.props", """
            <Project>
              <PropertyGroup>
                <ManagePackageVersionsCentrally>true</ManagePackageVersionsCentrally>
                <CentralPackageTransitivePinningEnabled>true</CentralPackageTransitivePinningEnabled>
              </PropertyGroup>
            </Project>
            """);

        var build = consumer.Build().MustSucceed();

        Assert.That(build.Warnings, Is.Empty, build.Output);
        Assert.That(consumer.RestoredPackages, Does.Contain(Runtime));
    }

    [Test]
    [Category("Nightly")]
    public void WhichACentralVersionMayNameIfItIsTheSame()
    {
        using var consumer = new Consumer();
        consumer.Write("fill.cu", Kernels.Named("fill")).Write("Uses.cs", UsesTheRuntime);
        Manage(consumer, PackedSdk.Version);
        Assert.That(consumer.Build().MustSucceed().Warnings, Is.Empty);
        Assert.That(consumer.RestoredPackages, Does.Contain(Runtime));

        // A reference of the project's own takes the place of the implicit one.
        consumer.WriteProject(Projects.Library(items: """<PackageReference Include="Fusion.Runtime" />"""));
        Assert.That(consumer.Build().MustSucceed().Warnings, Is.Empty);

        Manage(consumer, "0.0.9");
        consumer.WriteProject(Projects.Library());
        var errors = consumer.Build().MustFail().Errors;
        Assert.That(errors.Select(error => error.Code).Distinct(), Is.EqualTo(["FUSION1028"]));
        Assert.That(errors[0].Text, Does.Contain("0.0.9").And.Contain(PackedSdk.Version).And.Contain("Directory.Packages.props"));
    }

    private static void Manage(Consumer consumer, string version) => consumer.Write("Directory.Packages.props", $"""
        <Project>
          <PropertyGroup>
            <ManagePackageVersionsCentrally>true</ManagePackageVersionsCentrally>
          </PropertyGroup>
          <ItemGroup>
            <PackageVersion Include="Fusion.Runtime" Version="{version}" />
            <PackageVersion Include="Fusion.Nvrtc.linux-x64" Version="{version}" />
          </ItemGroup>
        </Project>
        """);

    [Test]
    [Category("Nightly")]
    public void OfEachFrameworkThatWantsIt()
    {
        using var consumer = new Consumer($"""
            <Project Sdk="Fusion.Sdk/{PackedSdk.Version}">
              <PropertyGroup>
                <TargetFrameworks>net10.0;netstandard2.0</TargetFrameworks>
                <FusionArchitectures>sm_80</FusionArchitectures>
                <FusionImplicitRuntime Condition="'$(TargetFramework)' == 'netstandard2.0'">false</FusionImplicitRuntime>
              </PropertyGroup>
            </Project>
            """);
        consumer.Write("fill.cu", Kernels.Named("fill"));

        consumer.Build().MustSucceed();

        foreach (var framework in new[] { "net10.0", "netstandard2.0" })
        {
            var built = new BuiltAssembly(consumer.PathOf($"bin/Debug/{framework}/Consumer.dll"));
            Assert.That(built.KernelNames("fill"), Is.EqualTo(["fill"]), framework);
            Assert.That(consumer.PathOf($"obj/Debug/{framework}/fusion/fill.sm_80.cubin"), Does.Exist);
        }
    }
}
