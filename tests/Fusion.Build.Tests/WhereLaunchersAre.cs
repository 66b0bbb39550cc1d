using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

public sealed class WhereLaunchersAre : SharedConsumer
{
    private protected override Consumer Create()
    {
        var consumer = new Consumer();
        consumer.Write("fast.cu", Kernels.Named("scale")).Write("exact.cu", Kernels.Named("scale")).Write("fill.cu", Kernels.Named("fill"));
        consumer.DotNet("restore").MustSucceed();
        return consumer;
    }

    [Test]
    public void IsTheRootNamespaceAndTheClassKernels() => Compile("", "global::Consumer.Kernels.Fill");

    [Test]
    public void IsTheRootNamespaceOfTheProject() => Compile("<RootNamespace>My.App</RootNamespace>", "global::My.App.Kernels.Fill");

    [Test]
    public void IsWhatThePropertiesSay() => Compile(
        "<FusionKernelsNamespace>Gpu</FusionKernelsNamespace><FusionKernelsClass>Device</FusionKernelsClass>", "global::Gpu.Device.Fill");

    [Test]
    public void TellsTwoKernelsOfOneNameApart()
    {
        Compile("", "global::Consumer.Kernels.FastScale");
        Compile("", "global::Consumer.Kernels.ExactScale");
    }

    [Test]
    public void IsPublicIfTheProjectSaysSo()
    {
        Consumer.Write("Public.cs", "namespace Consumer { public static partial class Kernels; }");
        Compile("", "global::Consumer.Kernels.Fill", "public");
        File.Delete(Consumer.PathOf("Public.cs"));
    }

    [Test]
    [Category("Nightly")]
    public void IsNowhereIfTheyAreTurnedOff()
    {
        Compile("", "global::Consumer.Kernels.Fill");
        Consumer.Write("Uses.cs", "").WriteProject(Projects.Library("<FusionGenerateLaunchers>false</FusionGenerateLaunchers>"));

        Consumer.Rebuild().MustSucceed();

        Assert.That(Directory.GetFiles(Consumer.PathOf("obj/Debug/net10.0"), "fusion.launchers*"), Is.Empty);
    }

    [Test]
    public void MustBeAClass()
    {
        Consumer.Write("Uses.cs", "").WriteProject(Projects.Library("<FusionKernelsClass>My.Kernels</FusionKernelsClass>"));

        var error = Consumer.Rebuild().MustFail().Error("FUSION1604");

        Assert.That(error.Text, Does.Contain("'My.Kernels'").And.Contain("FusionKernelsNamespace"));
    }

    [Test]
    [Category("Nightly")]
    public void IsNoNamespaceOfTheProject()
    {
        Consumer.Write("Uses.cs", "").Write("Kernels/Blur.cs", "namespace Consumer.Kernels.Filters;\nclass Blur { }");
        var build = Consumer.WriteProject(Projects.Library()).Rebuild().MustFail();
        Assert.That(build.Errors.Select(error => error.Code), Is.EqualTo(["FUSION1607"]), build.Output);
        Assert.That(build.Errors[0].File, Is.EqualTo(Consumer.PathOf("Kernels/Blur.cs")));
        Assert.That(build.Errors[0].Text, Does.Contain("'Consumer.Kernels'").And.Contain("<FusionKernelsClass>GpuKernels</FusionKernelsClass>"));

        Compile("<FusionKernelsClass>GpuKernels</FusionKernelsClass>", "global::Consumer.GpuKernels.Fill");
        Directory.Delete(Consumer.PathOf("Kernels"), recursive: true);
    }

    private void Compile(string properties, string launcher, string access = "internal")
    {
        Consumer.Write("Uses.cs", $$"""
            using Fusion.Runtime;
            {{access}} static class Uses
            {
                internal static void Launch(GpuStream stream, DeviceBuffer<float> values) => {{launcher}}.Launch(stream, 1, 32, values, 4);
            }
            """);
        Consumer.WriteProject(Projects.Library(properties)).Rebuild().MustSucceed();
    }
}
