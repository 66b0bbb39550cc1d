using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

public sealed class KernelsAreFoundByDefault : SharedConsumer
{
    private protected override Consumer Create()
    {
        var consumer = new Consumer();
        consumer.Write("top.cu", Kernels.Named("top")).Write("deep/down/below.cu", Kernels.Named("below"));
        consumer.Write("bin/old.cu", Kernels.Named("in_bin")).Write("obj/old.cu", Kernels.Named("in_obj"));
        consumer.Write("header.cuh", "this is never compiled alone");
        consumer.DotNet("restore").MustSucceed();
        return consumer;
    }

    [Test]
    public void InEveryFolderButBinAndObj()
    {
        Build(Projects.Library());

        Assert.That(Consumer.Images, Is.EqualTo(["deep/down/below.sm_80.cubin", "top.sm_80.cubin"]));
    }

    [TestCase("EnableDefaultFusionKernelItems")]
    [TestCase("EnableDefaultItems")]
    public void UnlessThatIsTurnedOff(string property)
    {
        Build(Projects.Library($"<{property}>false</{property}>"));

        Assert.That(Consumer.Images, Is.Empty);
        Assert.That(Consumer.Built.KernelResources, Is.Empty);
    }

    [Test]
    [Category("Nightly")]
    public void AndOthersByName()
    {
        Consumer.Write("../outside.cu", Kernels.Named("outside"));

        Build(Projects.Library(
            "<EnableDefaultFusionKernelItems>false</EnableDefaultFusionKernelItems>",
            """<FusionKernel Include="../outside.cu;deep/down/below.cu" />"""));

        Assert.That(Consumer.Images, Is.EqualTo(["deep/down/below.sm_80.cubin", "outside.sm_80.cubin"]));
    }

    [Test]
    [Category("Nightly")]
    public void AndOneCanBeTakenOut()
    {
        Build(Projects.Library(items: """<FusionKernel Remove="deep/**" />"""));

        Assert.That(Consumer.Images, Is.EqualTo(["top.sm_80.cubin"]));
    }

    private void Build(string project) => Consumer.WriteProject(project).Rebuild().MustSucceed();
}
