using Fusion.Emulation.Tests.Support;
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

    [Test]
    public void CannotBeCopiedByWhichIsSaidWhenTheKernelIsLoaded()
    {
        const string Copy = """
            extern "C" __global__ void k(const void* map, unsigned box, unsigned barrier) {
              asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3}], [%4];" ::"r"(box), "l"(map), "r"(0),
                           "r"(0), "r"(barrier)
                           : "memory");
            }
            """;

        Assert.That(() => TestGpu.Of(Copy), Throws.Exception.With.Message.Contains("FUSION6002").And.Message.Contains("cp.async.bulk.tensor"));
    }
}
