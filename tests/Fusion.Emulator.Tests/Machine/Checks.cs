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
        extern "C" __global__ void shared_bytes(int* values, int meets, int hole) {
          __shared__ __align__(16) unsigned char bytes[256];
          const int t = threadIdx.x;
          *(int*)(bytes + 4 * t) = 0x01010101 * t;
          if (meets) __syncthreads();
          if (t != hole) bytes[(4 * t + 5) & 255] = 200;
          __syncthreads();
          const int2 two = *(int2*)(bytes + 8 * (t / 2));
          values[t] = t & 1 ? two.y : two.x;
        }
        extern "C" __global__ void one_place(int* values) { *values = blockIdx.x * blockDim.x + threadIdx.x; }
        extern "C" __global__ void one_value(int* values) { *values = 7; }
        extern "C" __global__ void neighbours(int* values) { values[blockIdx.x] = values[(blockIdx.x + 1) % gridDim.x] + 1; }
        extern "C" __global__ void in_a_block(int* values, int meets) {
          values[threadIdx.x] = threadIdx.x;
          if (meets) __syncthreads();
          values[64 + threadIdx.x] = values[63 - threadIdx.x];
        }
        extern "C" __global__ void by_a_flag(int* values, int* flag, int* to) {
          if (blockIdx.x == 0) {
            *values = 5;
            __threadfence();
            atomicExch(flag, 1);
          } else {
            while (atomicAdd(flag, 0) == 0) {}
            __threadfence();
            *to = *values;
          }
        }
        extern "C" __global__ void bytes(unsigned char* values) { values[threadIdx.x] = threadIdx.x; }
        extern "C" __global__ void read_only(const int* __restrict__ values, int* __restrict__ to, int offset) {
          to[threadIdx.x] = __ldg(values + threadIdx.x + offset);
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
    public void FindARaceInPartsOfAWordOfSharedMemory()
    {
        using var gpu = TestGpu.Of(Source);
        var values = gpu.Unwritten<int>(64);
        gpu.Run("shared_bytes", 1, 64, values, 1, -1);
        Assert.That(TestGpu.Read(values), Is.EqualTo(Enumerable.Range(0, 64).Select(t => (0x01010101 * t & ~0xFF00) | (200 << 8))));

        Assert.That(gpu.Fail("shared_bytes", 1, 64, values, 0, -1).Kind, Is.EqualTo(FaultKind.SharedMemoryRace));
    }

    [TestCase(1, 2)]
    [TestCase(1, 64)]
    [TestCase(2, 1)]
    public void FindTwoThreadsThatWriteDifferentValuesToOnePlace(int blocks, int threads)
    {
        using var gpu = TestGpu.Of(Source);
        gpu.Run("one_value", blocks, threads, gpu.Buffer(0));

        var fault = gpu.Fail("one_place", blocks, threads, gpu.Buffer(-1));

        Assert.That(fault.Kind, Is.EqualTo(FaultKind.GlobalMemoryRace));
        Assert.That(fault.Message, Does.Match(@"it writes 4 bytes of device memory that the thread number \d+ of block \([01], 0, 0\) wrote in line \d+ of the PTX"));
    }

    [Test]
    public void FindABlockThatReadsWhatAnotherWrites()
    {
        using var gpu = TestGpu.Of(Source);

        Assert.That(gpu.Fail("neighbours", 3, 1, gpu.Buffer(1, 2, 3)).Kind, Is.EqualTo(FaultKind.GlobalMemoryRace));
    }

    [Test]
    public void FindAThreadThatReadsWhatAnotherOfItsBlockWroteUnlessTheyMeet()
    {
        using var gpu = TestGpu.Of(Source);
        gpu.Run("in_a_block", 1, 64, gpu.Unwritten<int>(128), 1);

        Assert.That(gpu.Fail("in_a_block", 1, 64, gpu.Buffer(new int[128]), 0).Kind, Is.EqualTo(FaultKind.GlobalMemoryRace));
    }

    [TestCase(null)]
    [TestCase(3)]
    public void FindNoRaceWhereAFlagOrdersTheBlocksOrTheBytesAreOthers(int? seed)
    {
        using var gpu = TestGpu.Of(Source, new() { Seed = seed });
        var to = gpu.Buffer(0);

        gpu.Run("by_a_flag", 2, 1, gpu.Buffer(0), gpu.Buffer(0), to);
        gpu.Run("bytes", 1, 64, gpu.Unwritten<byte>(64));

        Assert.That(TestGpu.Read(to), Is.EqualTo([5]));
        Assert.That(Emulator.Faults, Is.Empty);
    }

    [TestCase(0)]
    [TestCase(1)]
    public void FindAWriteToDataThatTheKernelReadsAsReadOnly(int offset)
    {
        using var gpu = TestGpu.Of(Source);
        var values = gpu.Buffer(new int[65]);
        gpu.Run("read_only", 1, 64, values, gpu.Unwritten<int>(64), offset);

        var fault = gpu.Fail("read_only", 1, 64, values, values, offset);

        Assert.That(fault.Kind, Is.EqualTo(FaultKind.ReadOnlyDataWritten));
        Assert.That(fault.Message, Does.Contain("must not change while the kernel runs"));
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
        gpu.Run("one_place", 2, 2, gpu.Unwritten<int>(1));
        var same = gpu.Buffer(new int[64]);
        gpu.Run("read_only", 1, 64, same, same, 0);

        Assert.That(Emulator.Faults, Is.Empty);
    }

    [TestCase(KernelChecks.Synchronization)]
    [TestCase(KernelChecks.ReadOnlyData)]
    [TestCase(KernelChecks.SharedMemoryRaces)]
    [TestCase(KernelChecks.UninitializedReads)]
    public void AreSwitchedOnOneByOne(KernelChecks check)
    {
        using var gpu = TestGpu.Of(Source, new() { Checks = check });

        gpu.Run("one_place", 2, 2, gpu.Unwritten<int>(1));
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
