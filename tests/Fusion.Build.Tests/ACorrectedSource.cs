using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

public sealed class ACorrectedSource
{
    [Test]
    public void BuildsAgainAndTheOtherKernelsAreNotCompiledTwice()
    {
        using var consumer = new Consumer();
        consumer.Write("good.cu", Kernels.Named("good")).Write("bad.cu", Kernels.WithError("bad"));
        consumer.Build().MustFail();
        consumer.Rebuild().MustFail().Error("FUSION1001");
        consumer.Write("bad.cu", Kernels.Named("bad"));

        var build = consumer.Rebuild().MustSucceed();

        Assert.That(build.CompiledSources, Is.EqualTo(["bad.cu"]));
        Assert.That(consumer.Images, Is.EqualTo(["bad.sm_80.cubin", "good.sm_80.cubin"]));
    }

    [Test]
    public void ThatBreaksLeavesNoOldImageInTheAssembly()
    {
        using var consumer = new Consumer();
        consumer.Write("fill.cu", Kernels.Named("fill"));
        consumer.Build().MustSucceed();
        consumer.Write("fill.cu", Kernels.WithError("fill"));

        consumer.Rebuild().MustFail();
        consumer.Rebuild().MustFail().Error("FUSION1001");

        consumer.Write("fill.cu", Kernels.Named("fill"));
        consumer.Rebuild().MustSucceed();
        Assert.That(consumer.Built.KernelNames("fill"), Is.EqualTo(["fill"]));
    }
}
