using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

public sealed class LogicalNames : SharedConsumer
{
    private protected override Consumer Create()
    {
        var consumer = new Consumer();
        consumer.Write("a/same.cu", Kernels.Named("first")).Write("b/same.cu", Kernels.Named("second"));
        consumer.DotNet("restore").MustSucceed();
        return consumer;
    }

    [Test]
    public void AreThePathInTheProjectSoThatNamesakesDoNotCollide()
    {
        Consumer.WriteProject(Projects.Library()).Rebuild().MustSucceed();

        Assert.That(Consumer.Images, Is.EqualTo(["a/same.sm_80.cubin", "b/same.sm_80.cubin"]));
    }

    [Test]
    [Category("Nightly")]
    public void CanBeChosen()
    {
        Consumer.WriteProject(Projects.Library(items: """<FusionKernel Update="b/same.cu" LogicalName="math/scale.v2" />"""));

        Consumer.Rebuild().MustSucceed();

        Assert.That(Consumer.Images, Is.EqualTo(["a/same.sm_80.cubin", "math/scale.v2.sm_80.cubin"]));
        Assert.That(Consumer.Built.Module("math/scale.v2").Source, Is.EqualTo("b/same.cu"));
        Assert.That(Consumer.Built.Resources, Does.ContainKey("Fusion.Kernels/math/scale.v2.sm_80.cubin"));
    }

    [Test]
    public void MustNotBeTheSameForTwoKernels()
    {
        Consumer.WriteProject(Projects.Library(items: """<FusionKernel Update="b/same.cu" LogicalName="a/same" />"""));

        var error = Consumer.Rebuild().MustFail().Error("FUSION1021");

        Assert.That(error.Text, Does.Contain("'a/same'").And.Contain(Consumer.PathOf("a/same.cu"))
            .And.Contain(Consumer.PathOf("b/same.cu")).And.Contain("LogicalName"));
    }

    [TestCase("../escaped")]
    [TestCase("/absolute")]
    public void MustStayInTheirFolder(string name)
    {
        Consumer.WriteProject(Projects.Library(items: $"""<FusionKernel Update="b/same.cu" LogicalName="{name}" />"""));

        var error = Consumer.Rebuild().MustFail().Error("FUSION1020");

        Assert.That(error.Text, Does.Contain($"LogicalName is '{name}'").And.Contain("expected"));
        Assert.That(error.File, Is.EqualTo(Consumer.PathOf("b/same.cu")));
    }
}
