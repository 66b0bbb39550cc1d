using System.Runtime.InteropServices;
using Fusion.Runtime;

namespace Fusion.Emulation.Tests.Ranks;

/// <summary>How a matrix product of 9 to 32 rows is launched on Hopper: <see cref="WarpgroupLaunch"/>.</summary>
public sealed class WarpgroupLaunches
{
    // What each block on a multiprocessor costs beside its own, and its barriers.
    private const int ReservedBytes = 1024;
    private const int StaticBytes = 1024;
    private const int BytesOfAnAllReduce = 2 * ReservedBytes;

    [TearDown]
    public void Leave() => Emulator.Leave();

    // 16 multiprocessors: as few rows of the weight as possible for that which has most of them.
    [TestCase(32, 384, 4096, 1, 24, 16, 4, 12)]
    [TestCase(9, 500, 1024, 1, 32, 16, 4, 4)]
    [TestCase(17, 640, 12800, 1, 40, 16, 4, 6)]
    [TestCase(32, 24, 128, 1, 24, 1, 4, 2)]
    [TestCase(32, 896, 4096, 2, 56, 16, 2, 3)]
    [TestCase(32, 512, 4096, 2, 32, 16, 2, 5)]
    [TestCase(32, 1792, 4096, 2, 56, 16, 2, 2)]
    public void HaveTilesForAllMultiprocessorsAndRoomForAnotherBlock(
        int rows, int columns, int rowBytes, int weights, int width, int blocks, int inputStages, int weightStages)
    {
        var gpu = Gpu();
        var launch = WarpgroupLaunch.Of(gpu, rows, columns, rowBytes, weights);
        Assert.That((launch.Columns, launch.Shape.Grid.X, launch.StagesOfInput, launch.StagesOfWeight), Is.EqualTo((width, blocks, inputStages, weightStages)));
        Assert.That((launch.Shape.Block.X, launch.Shape.ProgrammaticLaunch), Is.EqualTo((320, true)));
        Assert.That((2 * (launch.Shape.SharedBytes + StaticBytes + ReservedBytes)) + BytesOfAnAllReduce, Is.LessThanOrEqualTo(gpu.MaxSharedBytesPerBlock + ReservedBytes));
    }

    [Test]
    public void KeepSumsApartFromTheWeightOfTheNextTileAlone()
    {
        var gpu = Gpu();
        var (one, two) = (WarpgroupLaunch.Of(gpu, 32, 640, 4096), WarpgroupLaunch.Of(gpu, 32, 1280, 4096));
        Assert.That((one.Columns, one.Shape.Grid.X, one.PartsAt), Is.EqualTo((40, 16, 0)));
        var boxes = (4 * 2 * 32 * 128) + (two.StagesOfWeight * 2 * 40 * 128);
        Assert.That((two.Columns, two.Shape.Grid.X, two.PartsAt), Is.EqualTo((40, 16, boxes)));
        Assert.That(two.Shape.SharedBytes, Is.EqualTo(boxes + (4 * 32 * 40 * sizeof(float))));
        Assert.That(WarpgroupLaunch.Of(gpu, 1, 24, 128).Shape.SharedBytes, Is.GreaterThanOrEqualTo(4 * 32 * 24 * sizeof(float)), "room for the sums where there are few boxes");
    }

    [Test]
    public void OfManyTilesHaveAMultiprocessorForThemselves()
    {
        var gpu = Gpu();
        var launch = WarpgroupLaunch.Of(gpu, 32, 56 * 48, 8192);
        Assert.That((launch.Columns, launch.StagesOfInput, launch.StagesOfWeight, launch.Shape.Grid.X), Is.EqualTo((56, 4, 10, 16)));
    }

    [Test]
    public void FitOnAMultiprocessorWhateverIsAsked()
    {
        var gpu = Gpu();
        foreach (var rows in new[] { 1, 9, 32 })
        {
            for (var columns = 8; columns < 6000; columns += 296)
            {
                foreach (var weights in new[] { 1, 2 })
                {
                    var launch = WarpgroupLaunch.Of(gpu, rows, columns, 16384, weights);
                    Assert.That(launch.Shape.SharedBytes + StaticBytes, Is.LessThanOrEqualTo(gpu.MaxSharedBytesPerBlock), $"{rows} rows, {columns} columns, {weights}");
                    Assert.That(launch.StagesOfWeight, Is.InRange(2, 16));
                    if (weights == 1) Assert.That(launch.StagesOfWeight % 2, Is.Zero);
                    Assert.That(launch.Shape.Grid.X, Is.LessThanOrEqualTo(gpu.MultiprocessorCount));
                }
            }
        }
    }

    [TestCase(0, 1, 128, 1)]
    [TestCase(33, 1, 128, 1)]
    [TestCase(1, 0, 128, 1)]
    [TestCase(1, 1, 0, 1)]
    [TestCase(1, 1, 64, 1)]
    [TestCase(1, 1, 128, 0)]
    [TestCase(1, 1, 128, 3)]
    public void RefuseSizesThatNoKernelHas(int rows, int columns, int rowBytes, int weights)
    {
        var gpu = Gpu();
        Assert.That(() => WarpgroupLaunch.Of(gpu, rows, columns, rowBytes, weights), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [TestCase(ElementType.Float8E4M3, 4096, 0, true)]
    [TestCase(ElementType.BFloat16, 64, 16, true)]
    [TestCase(ElementType.Float16, 64, 0, true)]
    [TestCase(ElementType.Float32, 64, 0, false)]
    [TestCase(ElementType.Float8E4M3, 4096, 8, false)]
    [TestCase(ElementType.Float8E4M3, 192, 0, false)]
    [TestCase(ElementType.BFloat16, 96, 0, false)]
    public void TakeRowsOfWholeChunks(ElementType type, long columns, int offset, bool expected) =>
        Assert.That(WarpgroupLaunch.Takes(new DeviceTensor((ulong)(1 << 20) + (ulong)offset, type, 3, columns)), Is.EqualTo(expected));

    [Test]
    public void HaveOneMapForAMatrixAndAnotherForAnother()
    {
        Gpu();
        var maps = new WarpgroupMaps();
        DeviceTensor Matrix(ulong address, long rows) => new(address, ElementType.Float8E4M3, rows, 256);
        string Of(DeviceTensor matrix, int boxRows)
        {
            var map = maps.Of(matrix, boxRows);
            return Convert.ToHexString(MemoryMarshal.AsBytes(new ReadOnlySpan<TensorMap>(in map)));
        }

        string[] made = [Of(Matrix(1 << 20, 64), 32), Of(Matrix(1 << 20, 64), 24), Of(Matrix(1 << 20, 65), 32), Of(Matrix(1 << 21, 64), 32)];
        Assert.That(made.Distinct().Count(), Is.EqualTo(4));
        var before = GC.GetAllocatedBytesForCurrentThread();
        maps.Of(Matrix(1 << 20, 64), 32);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        Assert.That(Of(Matrix(1 << 20, 64), 32), Is.EqualTo(made[0]));
    }

    private static GpuDevice Gpu()
    {
        Emulator.Leave();
        Emulator.Use(new() { Capability = new(9, 0) });
        return GpuDevice.Get(0);
    }
}
