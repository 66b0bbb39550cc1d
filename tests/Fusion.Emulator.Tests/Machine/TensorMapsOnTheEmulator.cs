using Fusion.Emulation.Tests.Support;
using Fusion.Interop.Driver;
using Fusion.Runtime;

namespace Fusion.Emulation.Tests.Machine;

public sealed unsafe class TensorMapsOnTheEmulator
{
    private const string Plain = """extern "C" __global__ void k(int* x) { x[0] = 1; }""";

    [TearDown]
    public void Leave() => Emulator.Leave();

    [Test]
    public void AreMadeWithTheAddressInThem()
    {
        using var gpu = TestGpu.Of(Plain);
        var matrix = gpu.Buffer(new float[64 * 8]);

        var map = TensorMap.Create(matrix, [64, 8], [32, 8]);
        var other = TensorMap.Create(matrix, [64, 8], [32, 4]);

        Assert.That(((ulong*)&map)[0], Is.EqualTo(matrix.Pointer.Address));
        Assert.That(new ReadOnlySpan<byte>(&map, 128).SequenceEqual(new ReadOnlySpan<byte>(&other, 128)), Is.False);
    }

    [Test]
    public void BeyondTheirBufferAreRefused()
    {
        using var gpu = TestGpu.Of(Plain);
        var matrix = gpu.Buffer(new float[64 * 8]);

        Assert.That(() => TensorMap.Create(matrix, [64, 9], [32, 8]), Throws.TypeOf<FusionArgumentException>().With.Property("Code").EqualTo("FUSION2018"));
    }

    [TestCase("cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes.multicast::cluster [%0], [%1, {0, 0}], [%2], %3;")]
    [TestCase("cp.async.bulk.tensor.3d.shared::cluster.global.im2col.mbarrier::complete_tx::bytes [%0], [%1, {0, 0, 0}], [%2], {%3};")]
    [TestCase("cp.async.bulk.tensor.2d.global.shared::cta.bulk_group [%1, {0, 0}], [%0];")]
    [TestCase("cp.async.bulk.prefetch.tensor.2d.L2.global [%1, {0, 0}];")]
    [TestCase("cp.reduce.async.bulk.tensor.2d.global.shared::cta.add.bulk_group [%1, {0, 0}], [%0];")]
    [TestCase("cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {0}], [%2];")]
    public void CannotBeCopiedByInAllFormsWhichIsSaidWhenTheKernelIsLoaded(string copy)
    {
        var source = $$"""
            extern "C" __global__ void k(const void* map, unsigned box, unsigned barrier, unsigned short mask) {
              asm volatile("{{copy}}" ::"r"(box), "l"(map), "r"(barrier), "h"(mask) : "memory");
            }
            """;

        Assert.That(() => TestGpu.Of(source), Throws.Exception.With.Message.Contains("FUSION6002").And.Message.Contains(copy.Split('[')[0].Trim()));
    }

    [TestCase(24, TensorMapSwizzle.None)]
    [TestCase(64, TensorMapSwizzle.Bytes32)]
    public void AreRefusedByTheDriverWithRowsOfABoxThatItDoesNotTake(int bytes, TensorMapSwizzle swizzle)
    {
        using var gpu = TestGpu.Of(Plain);
        var room = stackalloc ulong[16 + 8];
        var map = (void*)(((nuint)room + 63) / 64 * 64);

        var result = GpuDriver.Library.TensorMap.EncodeTiled(
            map, 0, gpu.Buffer(new byte[1024]).Pointer.Address, [128, 8], [128], [(uint)bytes, 8], [1, 1], 0, (int)swizzle, 0, 0);

        Assert.That(result, Is.EqualTo(CudaResult.InvalidValue));
    }
}
