using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

/// <summary>A project for a target framework that Fusion.Runtime is not for.</summary>
public sealed class FrameworksWithoutTheRuntime
{
    private const string WithoutRuntime = "<FusionImplicitRuntime Condition=\"'$(TargetFramework)' == 'netstandard2.0'\">false</FusionImplicitRuntime>";

    [TestCase("net8.0")]
    [TestCase("netstandard2.0")]
    public void AreAnErrorThatSaysWhatToDoAndTheOnlyOne(string framework)
    {
        using var consumer = new Consumer(Projects.Library().Replace("net10.0", framework, StringComparison.Ordinal));
        consumer.Write("a.cu", Kernels.Named("a"));

        var build = consumer.Build().MustFail();

        var error = build.Error("FUSION1029", "Consumer.csproj").Text;
        Assert.That(error, Does.Contain($"is for {framework}").And.Contain("Set TargetFramework to net10.0").And.Contain("FusionImplicitRuntime to false"));
        Assert.That(build.Errors.Select(one => one.Code).Distinct(), Is.EqualTo(["FUSION1029"]), build.Output);
    }

    // Nothing of .NET but its own SDK is needed for netstandard2.0.
    [Test]
    [Category("Nightly")]
    public void HaveTheirKernelsEmbeddedWhereTheProjectDoesWithoutIt()
    {
        using var consumer = new Consumer(Projects.Library(WithoutRuntime).Replace("net10.0", "netstandard2.0", StringComparison.Ordinal));
        consumer.Write("a.cu", Kernels.Named("a"));

        consumer.Build().MustSucceed();

        var built = new BuiltAssembly(consumer.PathOf("bin/Debug/netstandard2.0/Consumer.dll"));
        Assert.That(built.KernelNames("a"), Is.EqualTo(["a"]));
        Assert.That(consumer.RestoredPackages, Has.None.StartsWith("Fusion.Runtime/"));
    }
}
