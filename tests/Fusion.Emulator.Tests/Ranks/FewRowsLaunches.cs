using Fusion.Runtime;

namespace Fusion.Emulation.Tests.Ranks;

/// <summary>Which kernel a matrix product of few rows gets: <see cref="FewRowsLaunch"/>.</summary>
public sealed class FewRowsLaunches
{
    // What a block has besides its stages and x, and what each block on a multiprocessor costs.
    private const int StaticBytes = 8320;
    private const int ReservedBytes = 1024;

    [TearDown]
    public void Leave() => Emulator.Leave();

    [TestCase(1, 4096, 5)]
    [TestCase(2, 4096, 5)]
    [TestCase(2, 7168, 4)]
    [TestCase(1, 12800, 4)]
    public void AreStagedWhereTwoBlocksFitOnAMultiprocessor(int rows, int depth, int stages)
    {
        var gpu = Gpu(new(9, 0));
        var launch = FewRowsLaunch.Of(gpu, rows, tiles: 100, depth);
        Assert.That((launch.Kind, launch.Stages, launch.Ahead), Is.EqualTo((FewRowsKind.Staged, stages, 4)));
        Assert.That(launch.Shape.SharedBytes, Is.EqualTo((stages * 16384) + (rows * ((2 * depth) + 16))));
        Assert.That(2 * (launch.Shape.SharedBytes + StaticBytes + ReservedBytes), Is.LessThanOrEqualTo(gpu.MaxSharedBytesPerBlock + ReservedBytes));
        Assert.That((launch.Shape.Grid.X, launch.Shape.Block.X), Is.EqualTo((2 * gpu.MultiprocessorCount, 384)));
        Assert.That(FewRowsLaunch.Of(gpu, rows, tiles: 3, depth).Shape.Grid.X, Is.EqualTo(3), "no more blocks than tiles");
    }

    [TestCase(2, 12800)]
    [TestCase(3, 4096)]
    [TestCase(1, 40000)]
    public void AreNotStagedWhereXIsLarger(int rows, int depth) =>
        Assert.That(FewRowsLaunch.Of(Gpu(new(9, 0)), rows, 10, depth), Has.Property("Kind").EqualTo(FewRowsKind.OneTile).And.Property("Ahead").EqualTo(1024));

    [TestCase(4096, 2)]
    [TestCase(12800, 1)]
    [TestCase(40000, 0)]
    public void TellHowManyRowsMayBeStaged(int depth, int rows) => Assert.That(FewRowsLaunch.StagedRows(Gpu(new(9, 0)), depth), Is.EqualTo(rows));

    [Test]
    public void AreNotStagedOnOlderGpusNorAgainstTheCallersWish()
    {
        Assert.That(FewRowsLaunch.Of(Gpu(new(9, 0)), 1, 10, 4096, mayBeStaged: false).Kind, Is.EqualTo(FewRowsKind.OneTile));
        var old = Gpu(new(8, 0));
        Assert.That(FewRowsLaunch.StagedRows(old, 4096), Is.Zero);
        // 16 multiprocessors have room for 32 blocks at a time.
        var kinds = new[] { 32, 40, 41, 64, 65 }.Select(tiles => FewRowsLaunch.Of(old, 1, tiles, 4096)).ToArray();
        Assert.That(kinds.Select(launch => launch.Kind), Is.EqualTo(
            [FewRowsKind.OneTile, FewRowsKind.OneTile, FewRowsKind.TwoTiles, FewRowsKind.TwoTiles, FewRowsKind.OneTile]));
        Assert.That(kinds.Select(launch => launch.Shape.Grid.X), Is.EqualTo([32, 40, 21, 32, 65]));
        Assert.That(FewRowsLaunch.Of(old, 9, 41, 4096).Kind, Is.EqualTo(FewRowsKind.OneTile), "two tiles are for eight rows");
    }

    [Test]
    public void ReadNothingAheadOfAWeightThatIsStillMade() =>
        Assert.That(FewRowsLaunch.Of(Gpu(new(9, 0)), 1, 10, 4096, isWeightReady: false), Has.Property("Kind").EqualTo(FewRowsKind.Staged).And.Property("Ahead").EqualTo(0));

    [TestCase(0, 1, 16)]
    [TestCase(17, 1, 16)]
    [TestCase(1, 0, 16)]
    [TestCase(1, 1, 0)]
    public void RefuseSizesThatNoKernelHas(int rows, int tiles, int depth)
    {
        var gpu = Gpu(new(9, 0));
        Assert.That(() => FewRowsLaunch.Of(gpu, rows, tiles, depth), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    private static GpuDevice Gpu(Version capability)
    {
        Emulator.Leave();
        Emulator.Use(new() { Capability = capability });
        return GpuDevice.Get(0);
    }
}
