using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

public sealed class AFreshProjectBuilds
{
    [Test]
    public void WithOneKernelAndNothingElse()
    {
        using var consumer = new Consumer();
        consumer.Write("kernels/fill.cu", Kernels.Named("fill"));

        var build = consumer.Build().MustSucceed();

        Assert.That(build.Warnings, Is.Empty);
        Assert.That(consumer.Images, Is.EqualTo(["kernels/fill.sm_80.cubin"]));
    }
}
