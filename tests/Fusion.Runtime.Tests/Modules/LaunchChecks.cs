using Fusion.Manifest;

namespace Fusion.Runtime.Tests.Modules;

public sealed class LaunchChecks
{
    private static readonly LaunchLimits Hopper = new(new(9, 0), 1024, 1024, 232448);
    private static readonly LaunchLimits Ampere = new(new(8, 0), 1024, 0, 166912);
    private static readonly KernelEntry NoParameters = Samples.Kernel("rms_norm");

    [Test]
    public void AnOrdinaryShapePasses() =>
        Assert.That(() => Check(new(128, 256) { SharedBytes = 64 * 1024, Cluster = 8, ProgrammaticLaunch = true }), Throws.Nothing);

    [TestCase(0, 1, 1)]
    [TestCase(1, 0, 1)]
    [TestCase(1, 1, -1)]
    [TestCase(1, 65536, 1)]
    public void AnImpossibleGridIsRefused(int x, int y, int z) =>
        Assert.That(() => Check(new(new(x, y, z), 32)), Refused($"the grid is {x} × {y} × {z} blocks"));

    [TestCase(0, 1, 1)]
    [TestCase(1025, 1, 1)]
    [TestCase(1, 1, 65)]
    public void AnImpossibleBlockIsRefused(int x, int y, int z) =>
        Assert.That(() => Check(new(1, new(x, y, z))), Refused($"the block is {x} × {y} × {z} threads"));

    [Test]
    public void TheDefaultShapeIsRefused() => Assert.That(() => Check(default), Refused("the grid is 0 × 0 × 0"));

    [Test]
    public void ABlockBeyondAllThreadsTogetherIsRefused() =>
        Assert.That(() => Check(new(1, new(64, 32))), Refused("2048 threads, but this GPU runs at most 1024"));

    [Test]
    public void ABlockBeyondTheLaunchBoundsIsRefused() =>
        Assert.That(() => LaunchCheck.Check(NoParameters with { MaxThreads = 128 }, Hopper, new(1, 256), []),
            Refused("__launch_bounds__ allows 128"));

    [TestCase(-1)]
    [TestCase(232448 - 1024 + 1)]
    public void SharedMemoryBeyondTheGpusIsRefused(int bytes) =>
        Assert.That(() => Check(new(1, 32) { SharedBytes = bytes }), Refused($"allows 0 to {232448 - 1024}"));

    [Test]
    public void AClusterThatDoesNotDivideTheGridIsRefused() =>
        Assert.That(() => Check(new(10, 32) { Cluster = 4 }), Refused("does not divide the grid of 10 × 1 × 1"));

    [TestCase(0)]
    [TestCase(17)]
    public void AnImpossibleClusterIsRefused(int size) =>
        Assert.That(() => Check(new(size * 2, 32) { Grid = 34, Cluster = size }), Refused("1 to 16 together"));

    [Test]
    public void AClusterOnAGpuWithoutClustersIsRefused() =>
        Assert.That(() => LaunchCheck.Check(NoParameters, Ampere, new(2, 32) { Cluster = 2 }, []),
            Refused("need compute capability 9.0, but this GPU has 8.0"));

    [Test]
    public void ACooperativeGridMustBeResident()
    {
        Assert.That(() => LaunchCheck.CheckCooperative(NoParameters, new(33, 8), 264), Throws.Nothing);
        Assert.That(() => LaunchCheck.CheckCooperative(NoParameters, new(133, 2), 264),
            Refused("cooperative launch is 133 × 2 × 1 = 266 blocks, but this GPU runs at most 264 of them at a time"));
    }

    [Test]
    public void TooFewArgumentsShowTheKernelsParameters() =>
        Assert.That(() => LaunchCheck.Check(Scale, Hopper, new(1, 32), [1]), Throws.TypeOf<FusionArgumentException>()
            .With.Property(nameof(FusionException.Code)).EqualTo("FUSION2011")
            .And.Property(nameof(FusionArgumentException.ParamName)).EqualTo("arguments")
            .And.Message.Contains("takes 2 arguments, (float* x, float factor), but 1 were given"));

    [Test]
    public void AnArgumentOfAnotherSizeIsNamedWithBothTypes() =>
        Assert.That(() => LaunchCheck.Check(Scale, Hopper, new(1, 32), [new DevicePointer<float>(256), 0.5]),
            Throws.TypeOf<FusionArgumentException>()
                .With.Property(nameof(FusionArgumentException.ParamName)).EqualTo("factor")
                .And.Message.Contains("Argument 1 of the kernel 'scale', 'factor', is float of 4 bytes, but a double of 8 bytes"));

    [Test]
    public void AnEmptyArgumentIsRefused() =>
        Assert.That(() => LaunchCheck.Check(Scale, Hopper, new(1, 32), [default, 1f]),
            Throws.TypeOf<FusionArgumentException>().With.Message.Contains("an empty argument of 0 bytes"));

    private static KernelEntry Scale => Samples.Kernel("scale", ("float*", "x", 8), ("float", "factor", 4));

    private static NUnit.Framework.Constraints.ContainsConstraint Refused(string text) =>
        Throws.TypeOf<FusionArgumentException>().With.Property(nameof(FusionException.Code)).EqualTo("FUSION2013")
            .And.Message.Contains("'rms_norm'").And.Message.Contains(text);

    private static void Check(LaunchShape shape) => LaunchCheck.Check(NoParameters, Hopper, shape, []);
}
