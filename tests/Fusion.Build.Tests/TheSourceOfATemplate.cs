using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

/// <summary>A project from a template on a machine none of whose NuGet sources has the SDK.</summary>
public sealed class TheSourceOfATemplate
{
    [Test]
    [Category("Nightly")]
    public void IsWrittenIntoANuGetConfigWhereItIsNamed()
    {
        using var consumer = new Consumer();
        File.Delete(consumer.PathOf("nuget.config"));

        var said = Templates.Add(consumer, "fusion-lib", "MyLib", "-o", consumer.PathOf("sub"), "--source", PackedSdk.Packages);

        Assert.That(said, Does.Not.Contain("MSB4236"));
        Assert.That(consumer.Read("sub/nuget.config"), Does.Contain($"value=\"{PackedSdk.Packages}\""));
        consumer.DotNet("build", "-nologo", "sub", "-p:FusionArchitectures=sm_80").MustSucceed();
    }

    [Test]
    public void IsAskedForWhereItIsNot()
    {
        using var consumer = new Consumer();

        var said = Templates.Add(consumer, "fusion-app", "MyApp", "-o", consumer.PathOf("sub"));

        Assert.That(said, Does.Contain("MSB4236").And.Contain("--source FOLDER-OR-URL"));
        Assert.That(consumer.PathOf("sub/nuget.config"), Does.Not.Exist);
    }
}
