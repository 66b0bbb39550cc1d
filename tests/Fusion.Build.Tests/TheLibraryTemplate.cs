using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

public sealed class TheLibraryTemplate
{
    [Test]
    [Category("Nightly")]
    public void MakesALibraryWhoseKernelsAreInThePackageOfIt()
    {
        using var consumer = Templates.Create("fusion-lib");

        consumer.Build("-warnaserror").MustSucceed();
        consumer.DotNet("pack", "--no-build", "-c", "Debug", "-o", consumer.PathOf("packed")).MustSucceed();

        Assert.That(consumer.Built.KernelNames("kernels/swi_glu"), Is.EqualTo(["swi_glu"]));
        Assert.That(consumer.Images, Is.EqualTo(
            ["kernels/swi_glu.compute_80.ptx", "kernels/swi_glu.sm_80.cubin", "kernels/swi_glu.sm_90a.cubin"]));
        Assert.That(consumer.Read("bin/Debug/net10.0/Consumer.xml"), Does.Contain("M:Consumer.SwiGlu.Launch("));
        using var package = System.IO.Compression.ZipFile.OpenRead(consumer.PathOf("packed/Consumer.1.0.0.nupkg"));
        Assert.That(package.Entries.Select(entry => entry.FullName), Has.One.EqualTo("lib/net10.0/Consumer.dll")
            .And.None.EndsWith(".cubin").And.None.EndsWith(".cu"));
    }

    [Test]
    [Category("Nightly")]
    public void BringsTestsThatRunTheKernelWithoutAGpu()
    {
        using var consumer = Templates.Create("fusion-lib", "my-lib");

        var said = consumer.DotNet("test").MustSucceed();

        Assert.That(said, Does.Match(@"Passed! +- Failed: +0, Passed: +2, Skipped: +0").And.Not.Contain("warning"));
    }

    [Test]
    [Category("Nightly")]
    public void TakesArchitecturesAndANameOfOtherLetters()
    {
        using var consumer = Templates.Create("fusion-lib", "2 größe 核", "--architectures", "sm_80");

        Assert.That(consumer.Read("SwiGlu.cs"), Does.Contain("\nnamespace _2_größe_核;"));
        consumer.Build("-warnaserror").MustSucceed();
        Assert.That(consumer.Images, Is.EqualTo(["kernels/swi_glu.sm_80.cubin"]));
    }
}
