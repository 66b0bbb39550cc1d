using Fusion.Build.Tests.Infrastructure;
using Fusion.Tests.Shared;

namespace Fusion.Build.Tests;

public sealed class KernelsThatSpill : SharedConsumer
{
    private const string Found = "the kernel 'hungry' spills registers for sm_80: ";

    private protected override Consumer Create()
    {
        var consumer = new Consumer(Projects.Library("<FusionMaxRegisters>32</FusionMaxRegisters>"));
        consumer.Write("k.cu", SpillingKernel.Source);
        consumer.DotNet("restore").MustSucceed();
        return consumer;
    }

    [Test]
    [Category("Nightly")]
    public void AreAMessageAtNormalVerbosityInEachBuild()
    {
        foreach (var build in new[] { Consumer.Rebuild("-v:normal"), Consumer.Rebuild("-v:normal") })
        {
            Assert.That(build.MustSucceed().Output, Does.Contain("k.cu: " + Found));
            Assert.That(build.Warnings, Is.Empty);
        }
    }

    [Test]
    public void AreAWarningWhereThePropertyAsksForIt()
    {
        foreach (var build in new[] { Consumer.Rebuild("-p:FusionWarnOnSpills=true"), Consumer.Rebuild("-p:FusionWarnOnSpills=true") })
        {
            var warning = build.MustSucceed().Warning("FUSION1009");
            Assert.That(Path.GetFileName(warning.File), Is.EqualTo("k.cu"));
            Assert.That(warning.Text, Does.Contain(char.ToUpperInvariant(Found[0]) + Found[1..]));
        }
    }

    [Test]
    public void FailABuildWhoseWarningsAreErrors() => Assert.That(
        Consumer.Rebuild("-p:FusionWarnOnSpills=true", "-p:TreatWarningsAsErrors=true").MustFail().Error("FUSION1009").Text, Does.Contain(Found[1..]));
}
