using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

/// <summary>The package with NVRTC has 12.4, which precompiles no headers.</summary>
public sealed class PrecompiledHeadersOfAnOldNvrtc : SharedConsumer
{
    private protected override Consumer Create()
    {
        var consumer = new Consumer(Projects.Library(""));
        consumer.Write("k.cu", "extern \"C\" __global__ void k(float* x) { x[0] = 1; }\n");
        consumer.DotNet("restore").MustSucceed();
        return consumer;
    }

    [Test]
    public void AreAWarningOnlyWhereThePropertyAsksForThem()
    {
        var warning = Consumer.Rebuild("-p:FusionPrecompiledHeaders=true").MustSucceed().Warning("FUSION1016");

        Assert.That(warning.Text, Does.Contain("FusionPrecompiledHeaders is true, and NVRTC 12.4 "));
        Assert.That(Consumer.Rebuild().MustSucceed().Warnings, Is.Empty);
    }
}
