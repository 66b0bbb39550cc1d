using Fusion.Emulation.Tests.Support;

namespace Fusion.Emulation.Tests.Machine;

/// <summary>Mistakes of kernels: each is found, with its place.</summary>
public sealed class Checks
{
    private const string Source = """
        extern "C" __global__ void write_at(int* values, int index) { values[index] = 1; }
        extern "C" __global__ void read_at(int* values, int* to, int index) { *to = values[index]; }
        extern "C" __global__ void read_bytes(const char* values, int* to, int offset) { *to = *(const int*)(values + offset); }
        extern "C" __global__ void barrier_in_a_branch(int* values) {
          if (threadIdx.x < 40) __syncthreads();
          values[threadIdx.x] = 1;
        }
        extern "C" __global__ void two_barriers(int* values) {
          if (threadIdx.x < 32) { __syncthreads(); values[0] = 1; } else { __syncthreads(); values[1] = 2; }
        }
        extern "C" __global__ void no_barrier(int* values) {
          __shared__ int shared[64];
          shared[threadIdx.x] = threadIdx.x;
          values[threadIdx.x] = shared[63 - threadIdx.x];
        }
        extern "C" __global__ void with_barrier(int* values) {
          __shared__ int shared[64];
          shared[threadIdx.x] = threadIdx.x;
          __syncthreads();
          values[threadIdx.x] = shared[63 - threadIdx.x];
        }
        extern "C" __global__ void unwritten_shared(int* values) {
          __shared__ int shared[64];
          if (threadIdx.x != 5) shared[threadIdx.x] = 1;
          __syncthreads();
          values[threadIdx.x] = shared[threadIdx.x];
        }
        extern "C" __global__ void never_ends(volatile int* value) { while (*value == 0) {} }
        extern "C" __global__ void traps() { if (threadIdx.x == 3) asm volatile("trap;"); }
        """;

    [Test]
    public void FindAWriteBehindABuffer()
    {
        using var gpu = TestGpu.Of(Source);
        var values = gpu.Buffer(1, 2, 3);

        var fault = gpu.Fail("write_at", 1, 1, values, 3);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(fault.Kind, Is.EqualTo(FaultKind.OutOfBounds));
            Assert.That((fault.Kernel, fault.Block, fault.Thread), Is.EqualTo(("write_at", (0, 0, 0), (0, 0, 0))));
            Assert.That(fault.Address, Is.EqualTo(values.Pointer.Address + 12));
            Assert.That(fault.Source, Does.EndWith("test.cu:1"));
            Assert.That(fault.PtxLine, Is.Positive);
            Assert.That(fault.Message, Does.Contain("0 bytes behind the end of the allocation of 12 bytes"));
        }
    }

    [Test]
    public void FindANullPointer() => Assert.That(Run("write_at", 0L, 0).Message, Does.Contain("the pointer is null"));

    [Test]
    public void FindAMisalignedRead()
    {
        using var gpu = TestGpu.Of(Source);

        Assert.That(gpu.Fail("read_bytes", 1, 1, gpu.Buffer(1, 2), gpu.Buffer(0), 2).Kind, Is.EqualTo(FaultKind.Misaligned));
    }

    [Test]
    public void FindAUseAfterFree()
    {
        using var gpu = TestGpu.Of(Source);
        var freed = new Fusion.Runtime.DeviceBuffer<int>(gpu.Context, [1]);
        var address = freed.Pointer.Address;
        freed.Dispose();

        Assert.That(gpu.Fail("write_at", 1, 1, address, 0).Kind, Is.EqualTo(FaultKind.UseAfterFree));
    }

    [Test]
    public void FindAReadOfWhatNobodyWrote()
    {
        using var gpu = TestGpu.Of(Source);
        var values = gpu.Unwritten<int>(4);
        gpu.Run("write_at", 1, 1, values, 1);
        gpu.Run("read_at", 1, 1, values, gpu.Buffer(0), 1);

        Assert.That(gpu.Fail("read_at", 1, 1, values, gpu.Buffer(0), 2).Kind, Is.EqualTo(FaultKind.UninitializedRead));
    }

    [Test]
    public void FindAReadOfSharedMemoryThatNobodyWrote()
    {
        using var gpu = TestGpu.Of(Source);

        var fault = gpu.Fail("unwritten_shared", 1, 64, gpu.Unwritten<int>(64));

        Assert.That((fault.Kind, fault.Thread), Is.EqualTo((FaultKind.UninitializedRead, ((int, int, int)?)(5, 0, 0))));
    }

    [TestCase("barrier_in_a_branch")]
    [TestCase("two_barriers")]
    public void FindABarrierThatNotAllThreadsReach(string kernel)
    {
        using var gpu = TestGpu.Of(Source);

        Assert.That(gpu.Fail(kernel, 1, 64, gpu.Unwritten<int>(64)).Kind, Is.EqualTo(FaultKind.DivergentBarrier));
    }

    [Test]
    public void FindARaceInSharedMemory()
    {
        using var gpu = TestGpu.Of(Source);
        var values = gpu.Unwritten<int>(64);
        gpu.Run("with_barrier", 1, 64, values);
        Assert.That(TestGpu.Read(values), Is.EqualTo(Enumerable.Range(0, 64).Reverse()));

        Assert.That(gpu.Fail("no_barrier", 1, 64, values).Kind, Is.EqualTo(FaultKind.SharedMemoryRace).Or.EqualTo(FaultKind.UninitializedRead));
    }

    [Test]
    public void FindAKernelThatNeverEnds()
    {
        using var gpu = TestGpu.Of(Source, new() { StepLimit = 100_000 });

        Assert.That(gpu.Fail("never_ends", 1, 1, gpu.Buffer(0)).Kind, Is.EqualTo(FaultKind.StepLimit));
    }

    [Test]
    public void SayWhichThreadTraps()
    {
        using var gpu = TestGpu.Of(Source);

        var fault = gpu.Fail("traps", 2, 32);

        Assert.That((fault.Kind, fault.Thread), Is.EqualTo((FaultKind.Trap, ((int, int, int)?)(3, 0, 0))));
    }

    [Test]
    public void CanBeSwitchedOff()
    {
        using var gpu = TestGpu.Of(Source, new() { Checks = KernelChecks.None });

        gpu.Run("read_at", 1, 1, gpu.Unwritten<int>(4), gpu.Buffer(0), 2);
        gpu.Run("no_barrier", 1, 64, gpu.Unwritten<int>(64));
        gpu.Run("two_barriers", 1, 64, gpu.Unwritten<int>(64));

        Assert.That(Emulator.Faults, Is.Empty);
    }

    [Test]
    public void AreInTheMessageOfTheException()
    {
        using var gpu = TestGpu.Of(Source);

        Assert.That(() => gpu.Run("write_at", 1, 1, gpu.Buffer(1), 7), Throws.TypeOf<Fusion.Runtime.GpuException>()
            .With.Message.Contains("FUSION6005").And.Message.Contains("write_at").And.Message.Contains("test.cu:1"));
    }

    private static KernelFault Run(string kernel, params object[] arguments)
    {
        using var gpu = TestGpu.Of(Source);
        return gpu.Fail(kernel, 1, 1, arguments);
    }
}
