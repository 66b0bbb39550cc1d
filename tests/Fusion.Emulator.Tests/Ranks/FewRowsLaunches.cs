using Fusion.Runtime;

namespace Fusion.Emulation.Tests.Ranks;

/// <summary>Which kernel a matrix product of few rows gets: <see cref="FewRowsLaunch"/>.</summary>
public sealed class FewRowsLaunches
{
    // What a block of staged rows has besides its stages and x, and what each block on a multiprocessor costs.
    private const int StaticBytes = 8320;
    private const int ReservedBytes = 1024;

    // Of an all-reduce, whose blocks are there while those behind it read ahead.
    private const int BytesOfAnAllReduce = 2 * ReservedBytes;

    [TearDown]
    public void Leave() => Emulator.Leave();

    [TestCase(1, 4096, 5)]
    [TestCase(2, 4096, 5)]
    [TestCase(2, 7168, 4)]
    [TestCase(1, 12800, 4)]
    public void AreStagedForOneAndTwoRows(int rows, int depth, int stages)
    {
        var gpu = Gpu(new(9, 0));
        var launch = FewRowsLaunch.Of(gpu, rows, tiles: 100, depth, ElementType.Float8E4M3);
        Assert.That((launch.Kind, launch.TilesAtOnce, launch.Stages, launch.Ahead), Is.EqualTo((FewRowsKind.Staged, 1, stages, 4)));
        Assert.That(launch.Shape.SharedBytes, Is.EqualTo((stages * 16384) + (rows * ((2 * depth) + 16))));
        Assert.That(2 * (launch.Shape.SharedBytes + StaticBytes + ReservedBytes), Is.LessThanOrEqualTo(gpu.MaxSharedBytesPerBlock + ReservedBytes));
        Assert.That((launch.Shape.Grid.X, launch.Shape.Block.X), Is.EqualTo((2 * gpu.MultiprocessorCount, 384)));
        Assert.That(FewRowsLaunch.Of(gpu, rows, tiles: 3, depth, ElementType.Float8E4M3).Shape.Grid.X, Is.EqualTo(3), "no more blocks than tiles");
    }

    // 16 multiprocessors have room for 32 blocks at a time. A part of a row is 512 bytes of it.
    [TestCase(3, 4096, 32, ElementType.Float8E4M3, 1, 8, 102400)]
    [TestCase(8, 2048, 20, ElementType.Float8E4M3, 1, 4, 53248)]
    [TestCase(8, 1032, 20, ElementType.BFloat16, 1, 6, 77824)]
    [TestCase(8, 8, 1, ElementType.Float16, 1, 2, 28672)]
    [TestCase(2, 12800, 33, ElementType.Float8E4M3, 2, 5, 110592)]
    [TestCase(1, 40000, 64, ElementType.Float8E4M3, 2, 5, 110592)]
    [TestCase(4, 1024, 64, ElementType.Float8E4M3, 2, 2, 49152)]
    [TestCase(4, 1024, 65, ElementType.Float8E4M3, 2, 5, 110592)]
    [TestCase(4, 4096, 128, ElementType.BFloat16, 2, 5, 110592)]
    [TestCase(4, 4096, 129, ElementType.BFloat16, 4, 2, 90112)]
    public void AreRingedForUpToEight(int rows, int depth, int tiles, ElementType type, int tilesAtOnce, int slots, int bytes)
    {
        var gpu = Gpu(new(9, 0));
        var launch = FewRowsLaunch.Of(gpu, rows, tiles, depth, type);
        Assert.That((launch.Kind, launch.TilesAtOnce, launch.Stages, launch.Ahead), Is.EqualTo((FewRowsKind.Ringed, tilesAtOnce, slots, 1)));
        Assert.That((launch.Shape.Grid.X, launch.Shape.Block.X, launch.Shape.SharedBytes), Is.EqualTo((Math.Min(tiles, 32), 256, bytes)));
        Assert.That((2 * (bytes + ReservedBytes)) + BytesOfAnAllReduce, Is.LessThanOrEqualTo(gpu.MaxSharedBytesPerBlock + ReservedBytes));
        Assert.That(FewRowsLaunch.Of(gpu, rows, tiles, depth, type, isWeightReady: false).Ahead, Is.Zero);
    }

    [Test]
    public void OfMoreThanEightRowsDoNotRunAhead()
    {
        var gpu = Gpu(new(9, 0));
        Assert.That(FewRowsLaunch.RowsAhead(gpu), Is.EqualTo(8));
        Assert.That(FewRowsLaunch.Of(gpu, 9, 10, 4096, ElementType.BFloat16), Has.Property("Kind").EqualTo(FewRowsKind.OneTile).And.Property("Ahead").EqualTo(1024));
    }

    [Test]
    public void DoNotRunAheadOnOlderGpusNorAgainstTheCallersWish()
    {
        Assert.That(FewRowsLaunch.Of(Gpu(new(9, 0)), 1, 10, 4096, ElementType.BFloat16, mayRunAhead: false).Kind, Is.EqualTo(FewRowsKind.OneTile));
        var old = Gpu(new(8, 0));
        Assert.That(FewRowsLaunch.RowsAhead(old), Is.Zero);
        // 16 multiprocessors have room for 32 blocks at a time.
        var kinds = new[] { 32, 40, 41, 64, 65 }.Select(tiles => FewRowsLaunch.Of(old, 1, tiles, 4096, ElementType.BFloat16)).ToArray();
        Assert.That(kinds.Select(launch => launch.Kind), Is.EqualTo(
            [FewRowsKind.OneTile, FewRowsKind.OneTile, FewRowsKind.TwoTiles, FewRowsKind.TwoTiles, FewRowsKind.OneTile]));
        Assert.That(kinds.Select(launch => launch.TilesAtOnce), Is.EqualTo([1, 1, 2, 2, 1]));
        Assert.That(kinds.Select(launch => launch.Shape.Grid.X), Is.EqualTo([32, 40, 21, 32, 65]));
        Assert.That(FewRowsLaunch.Of(old, 9, 41, 4096, ElementType.BFloat16).Kind, Is.EqualTo(FewRowsKind.OneTile), "two tiles are for eight rows");
    }

    [Test]
    public void ReadNothingAheadOfAWeightThatIsStillMade() => Assert.That(
        FewRowsLaunch.Of(Gpu(new(9, 0)), 1, 10, 4096, ElementType.BFloat16, isWeightReady: false),
        Has.Property("Kind").EqualTo(FewRowsKind.Staged).And.Property("Ahead").EqualTo(0));

    [TestCase(0, 1, 16)]
    [TestCase(17, 1, 16)]
    [TestCase(1, 0, 16)]
    [TestCase(1, 1, 0)]
    public void RefuseSizesThatNoKernelHas(int rows, int tiles, int depth)
    {
        var gpu = Gpu(new(9, 0));
        Assert.That(() => FewRowsLaunch.Of(gpu, rows, tiles, depth, ElementType.BFloat16), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    private static GpuDevice Gpu(Version capability)
    {
        Emulator.Leave();
        Emulator.Use(new() { Capability = capability });
        return GpuDevice.Get(0);
    }
}
