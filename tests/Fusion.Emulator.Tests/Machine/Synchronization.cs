using Fusion.Emulation.Tests.Support;
using Fusion.Runtime;

namespace Fusion.Emulation.Tests.Machine;

/// <summary>Copies that do not wait for a kernel: each is found, whether the kernel or the copy comes first.</summary>
public sealed class Synchronization
{
    private const string Source = """
        extern "C" __global__ void fill(int* values, int value, int rounds) {
          for (int i = 0; i < rounds; i++) values[blockIdx.x * blockDim.x + threadIdx.x] = value + i;
        }
        extern "C" __global__ void sum(const int* values, int* to) {
          int sum = 0;
          for (int i = 0; i < 64; i++) sum += values[i];
          to[threadIdx.x] = sum;
        }
        extern "C" __global__ void fill_and_tell(int* values, volatile int* flag) {
          values[threadIdx.x] = 5;
          __threadfence_system();
          *flag = 1;
        }
        """;

    private static readonly int[] Zeros = new int[64];

    [TestCase(1)]
    [TestCase(3000)]
    public void IsMissingWhereTheHostReadsWhatAKernelWrites(int rounds)
    {
        using var gpu = TestGpu.Of(Source);
        var values = gpu.Buffer(Zeros);
        gpu.Launch("fill", 2, 32, 0, [], values, 1, rounds);

        var error = Assert.Throws<GpuException>(() => ReadAndSynchronize(gpu, values))!;

        Assert.That(Emulator.Faults[0].Kind, Is.EqualTo(FaultKind.MissingSynchronization));
        Assert.That(error.Message, Does.Contain("FUSION6006").And.Contain("'fill'").And.Contain("256 bytes").And.Contain("GpuStream.Synchronize").And.Contain("test.cu:2"));
    }

    [Test]
    public void IsMissingWhereTheHostOverwritesWhatAKernelReads()
    {
        using var gpu = TestGpu.Of(Source);
        var (values, to) = (gpu.Buffer(Zeros), gpu.Buffer(Zeros));
        gpu.Launch("sum", 1, 64, 0, [], values, to);

        Assert.That(() => { values.CopyFrom(Zeros); gpu.Stream.Synchronize(); }, Throws.TypeOf<GpuException>().With.Message.Contains("FUSION6006"));
    }

    [TestCase(false, true)]
    [TestCase(true, false)]
    public void IsAnEventForWhichTheOtherStreamWaits(bool waits, bool isMissing)
    {
        using var gpu = TestGpu.Of(Source);
        var values = gpu.Buffer(Zeros);
        using var pinned = new PinnedBuffer<int>(gpu.Context, 64);
        using var other = new GpuStream(gpu.Context);
        using var done = new GpuEvent(gpu.Context);
        gpu.Launch("fill", 2, 32, 0, [], values, 1, 100);
        done.Record(gpu.Stream);
        if (waits) other.WaitFor(done);
        values.CopyTo(other, pinned.Memory);

        Assert.That(() => { other.Synchronize(); gpu.Stream.Synchronize(); }, isMissing ? Throws.TypeOf<GpuException>() : Throws.Nothing);
        if (!isMissing) Assert.That(pinned.Span.ToArray(), Is.All.EqualTo(100));
    }

    [Test]
    public void IsMissingWhereAnotherStreamFillsOrCopiesWhatIsBeingCopied()
    {
        using var gpu = TestGpu.Of(Source);
        var (values, to) = (gpu.Buffer(Zeros), gpu.Buffer(Zeros));
        using var other = new GpuStream(gpu.Context);
        values.CopyTo(gpu.Stream, to);
        values.FillBytes(other, 1);

        Assert.That(() => { other.Synchronize(); gpu.Stream.Synchronize(); },
            Throws.TypeOf<GpuException>().With.Message.Contains("a fill of 256 bytes").And.Message.Contains("a copy of 256 bytes"));
    }

    [Test]
    public void IsEnoughInOneStreamAndWhereTheHostWaits()
    {
        using var gpu = TestGpu.Of(Source);
        var (values, to) = (gpu.Buffer(Zeros), gpu.Buffer(Zeros));
        for (var i = 0; i < 3; i++)
        {
            gpu.Launch("fill", 2, 32, 0, [], values, i, 10);
            values.CopyTo(gpu.Stream, to);
            gpu.Stream.Synchronize();
            Assert.That(TestGpu.Read(to), Is.All.EqualTo(i + 9));
            values.CopyFrom(Zeros);
        }

        using var done = new GpuEvent(gpu.Context);
        gpu.Launch("fill", 2, 32, 0, [], values, 3, 10);
        done.Record(gpu.Stream);
        gpu.Launch("sum", 1, 64, 0, [], values, to);
        done.Synchronize();
        Assert.That(TestGpu.Read(values), Is.All.EqualTo(12));
        gpu.Stream.Synchronize();

        Assert.That(Emulator.Faults, Is.Empty);
    }

    [Test]
    public void IsNotAskedForOfABlockThatHasToldOthers()
    {
        using var gpu = TestGpu.Of(Source);
        var values = gpu.Buffer(5);
        using var flags = new PinnedBuffer<int>(gpu.Context, 1);
        gpu.Launch("fill_and_tell", 1, 1, 0, [], values, flags.Pointer.Address);
        while (Volatile.Read(ref flags.Span[0]) == 0) Thread.Yield();

        Assert.That(TestGpu.Read(values), Is.EqualTo([5]));
        gpu.Stream.Synchronize();
        Assert.That(Emulator.Faults, Is.Empty);
    }

    [Test]
    public void CanBeLeftOut()
    {
        using var gpu = TestGpu.Of(Source, new() { Checks = KernelChecks.All & ~KernelChecks.Synchronization });
        var values = gpu.Buffer(Zeros);

        gpu.Launch("fill", 2, 32, 0, [], values, 1, 10);
        ReadAndSynchronize(gpu, values);

        Assert.That(Emulator.Faults, Is.Empty);
    }

    private static void ReadAndSynchronize(TestGpu gpu, DeviceBuffer<int> values)
    {
        TestGpu.Read(values);
        gpu.Stream.Synchronize();
    }
}
