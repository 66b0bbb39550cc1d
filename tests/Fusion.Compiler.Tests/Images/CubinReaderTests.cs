using Fusion.Compiler.Images;

namespace Fusion.Compiler.Tests.Images;

internal sealed class CubinReaderTests
{
    private const string Sum = "_ZN4math3sumEc4PairPKfsPf";
    private const string Scatter = "_ZN4math6detail7scatterEPiPKii";

    private static ImageKernel Kernel(string nvrtc, string architecture, string symbol) =>
        CubinReader.Read(TestImages.Cubin(nvrtc, architecture)).Single(kernel => kernel.Symbol == symbol);

    [TestCase("11.8", 11)]
    [TestCase("12.4", 12)]
    public void EveryKernelIsFoundAndNoOtherFunction(string nvrtc, int count) =>
        Assert.That(CubinReader.Read(TestImages.Cubin(nvrtc, "sm_80")), Has.Count.EqualTo(count));

    [TestCase("11.8", "sm_80", Sum, 14)]
    [TestCase("11.8", "sm_90", Scatter, 24)]
    [TestCase("12.4", "sm_80", "caller", 32)]
    [TestCase("12.4", "sm_90a", Scatter, 22)]
    [TestCase("12.4", "sm_90a", "nothing", 4)]
    [TestCase("13.0", "sm_120f", "caller", 40)]
    public void RegistersAreThoseOfTheDriver(string nvrtc, string architecture, string symbol, int registers) =>
        Assert.That(Kernel(nvrtc, architecture, symbol).Registers, Is.EqualTo(registers));

    [Test]
    public void StaticSharedMemoryLeavesOutWhatTheSystemReserves()
    {
        foreach (var cubin in TestImages.Cubins)
        {
            Assert.Multiple(() =>
            {
                Assert.That(Kernel(cubin[0], cubin[1], Sum).SharedBytes, Is.EqualTo(1024), cubin[1]);
                Assert.That(Kernel(cubin[0], cubin[1], "caller").SharedBytes, Is.EqualTo(80), cubin[1]);
                Assert.That(Kernel(cubin[0], cubin[1], "copy").SharedBytes, Is.Zero, cubin[1]);
            });
        }
    }

    [Test]
    public void LocalMemoryCountsTheFunctionsThatAKernelCalls()
    {
        foreach (var cubin in TestImages.Cubins)
        {
            Assert.Multiple(() =>
            {
                Assert.That(Kernel(cubin[0], cubin[1], Scatter).LocalBytes, Is.EqualTo(64), cubin[1]);
                Assert.That(Kernel(cubin[0], cubin[1], "caller").LocalBytes, Is.EqualTo(128), cubin[1]);
                Assert.That(Kernel(cubin[0], cubin[1], "copy").LocalBytes, Is.Zero, cubin[1]);
            });
        }
    }

    [Test]
    public void LaunchBoundsAreTheMostThreads()
    {
        foreach (var cubin in TestImages.Cubins)
        {
            Assert.Multiple(() =>
            {
                Assert.That(Kernel(cubin[0], cubin[1], Sum).MaxThreads, Is.EqualTo(256), cubin[1]);
                Assert.That(Kernel(cubin[0], cubin[1], "copy").MaxThreads, Is.Null, cubin[1]);
            });
        }
    }

    [Test]
    public void ParametersLieWhereTheDriverSaysThatTheyDo()
    {
        foreach (var cubin in TestImages.Cubins)
        {
            Assert.Multiple(() =>
            {
                Assert.That(Places(cubin, Sum), Is.EqualTo("0:1 8:16 24:8 32:2 40:8"), cubin[1]);
                Assert.That(Places(cubin, "nothing"), Is.Empty, cubin[1]);
            });
        }
    }

    [TestCase("12.4", "sm_80", "0:1 32:32 64:8 72:8")]
    [TestCase("12.4", "sm_90a", "0:1 16:32 48:8 56:8")]
    [TestCase("13.0", "sm_120f", "0:1 32:32 64:8 72:8")]
    public void AParameterAlignedToThirtyTwoBytesLiesWhereTheChipPutsIt(string nvrtc, string architecture, string places) =>
        Assert.That(Places([nvrtc, architecture], "wide"), Is.EqualTo(places));

    [TestCase("12.4", "sm_80")]
    [TestCase("12.4", "sm_90a")]
    [TestCase("13.0", "sm_120f")]
    public void AParameterOfSixteenKilobytesHasItsSize(string nvrtc, string architecture) =>
        Assert.That(Places([nvrtc, architecture], "large"), Is.EqualTo("0:16000 16000:8"));

    private static string Places(string[] cubin, string symbol) =>
        string.Join(' ', Kernel(cubin[0], cubin[1], symbol).Parameters.Select(p => $"{p.Offset}:{p.Size}"));
}
