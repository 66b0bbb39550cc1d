using Fusion.Emulation.Tests.Support;
using Fusion.Runtime;

namespace Fusion.Emulation.Tests.Kernels;

/// <summary>A product whose matrices come by tensor maps, as Hopper's kernels have it.</summary>
public sealed class TensorMapsAndWarpgroups
{
    private const int K = 256;
    private const int Columns = 24;
    private const int Seeds = 3;

    // Two stages of 128 bytes of k: thread 128 copies, the warpgroup of the other threads multiplies.
    private const string Source = """
        #include <cuda.h>
        __device__ unsigned shared_address(const void* p) { return (unsigned)__cvta_generic_to_shared(p); }
        __device__ void copy(unsigned to, const CUtensorMap* map, int x, int y, unsigned barrier) {
          asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3}], [%4];"
                       :: "r"(to), "l"(map), "r"(x), "r"(y), "r"(barrier) : "memory");
        }
        __device__ void wait_for(unsigned barrier) {
          asm volatile("{\n.reg .pred p;\nagain: mbarrier.try_wait.parity.shared::cta.b64 p, [%0], 0;\n@!p bra again;\n}" :: "r"(barrier) : "memory");
        }
        __device__ unsigned long long descriptor(unsigned at) { return at >> 4 | 1ull << 16 | 64ull << 32 | 1ull << 62; }

        extern "C" __global__ void product(const __grid_constant__ CUtensorMap a, const __grid_constant__ CUtensorMap b, float* d, int waits) {
          __shared__ alignas(1024) unsigned char of_a[2][64 * 128];
          __shared__ alignas(1024) unsigned char of_b[2][24 * 128];
          __shared__ unsigned long long barriers[2];
          const int t = threadIdx.x;
          if (t == 128) {
            for (int stage = 0; stage < 2; stage++) asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" :: "r"(shared_address(&barriers[stage])) : "memory");
            asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
          }
          __syncthreads();
          if (t == 128) {
            for (int stage = 0; stage < 2; stage++) {
              const unsigned barrier = shared_address(&barriers[stage]);
              asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" :: "r"(barrier), "r"(88 * 128) : "memory");
              copy(shared_address(of_a[stage]), &a, stage * 128, 0, barrier);
              copy(shared_address(of_b[stage]), &b, stage * 128, 0, barrier);
            }
          }
          if (t >= 128) return;
          float c[12];
          for (int stage = 0; stage < 2; stage++) {
            if (waits) wait_for(shared_address(&barriers[stage]));
            asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
            for (int k = 0; k < 128; k += 32) {
              asm volatile("{\n.reg .pred p;\nsetp.ne.b32 p, %14, 0;\n"
                           "wgmma.mma_async.sync.aligned.m64n24k32.f32.e4m3.e4m3 {%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11}, %12, %13, p, 1, 1;\n}"
                           : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3]), "+f"(c[4]), "+f"(c[5]), "+f"(c[6]), "+f"(c[7]), "+f"(c[8]), "+f"(c[9]), "+f"(c[10]), "+f"(c[11])
                           : "l"(descriptor(shared_address(of_a[stage]) + k)), "l"(descriptor(shared_address(of_b[stage]) + k)), "r"(stage + k) : "memory");
            }
            asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
            asm volatile("wgmma.wait_group.sync.aligned 0;" ::: "memory");
          }
          const int row = t / 32 * 16 + t % 32 / 4;
          for (int i = 0; i < 12; i++) d[(row + i / 2 % 2 * 8) * 24 + i / 4 * 8 + t % 4 * 2 + i % 2] = c[i];
        }
        """;

    [Test]
    public void GiveTheExactProductOfSmallNumbersWithEverySeed([Values(64, 50)] int rows)
    {
        var random = new Random(rows);
        int[] a = [.. Enumerable.Range(0, rows * K).Select(_ => random.Next(-7, 8))];
        int[] b = [.. Enumerable.Range(0, Columns * K).Select(_ => random.Next(-7, 8))];
        // Rows behind the end of A are zeros.
        var expected = Enumerable.Range(0, 64 * Columns).Select(i => i / Columns >= rows ? 0f : Enumerable.Range(0, K).Sum(k => a[(i / Columns * K) + k] * b[(i % Columns * K) + k]));
        for (int? seed = 0; seed <= Seeds; seed++)
        {
            using var gpu = TestGpu.Of(Source, new() { Seed = seed == 0 ? null : seed, StepLimit = 5_000_000 }, "compute_90a");
            var d = gpu.Buffer(new float[64 * Columns]);

            gpu.Run("product", 1, 160, Map(gpu, a, 64), Map(gpu, b, Columns), d, 1);

            Assert.That(TestGpu.Read(d), Is.EqualTo(expected), $"seed {seed}");
            Assert.That(Emulator.Faults, Is.Empty);
        }
    }

    [Test]
    public void AreAMistakeWithSomeSeedWhereTheKernelDoesNotWaitForTheCopies()
    {
        var faults = new List<KernelFault>();
        for (var seed = 1; seed <= Seeds; seed++)
        {
            using var gpu = TestGpu.Of(Source, new() { Seed = seed, StepLimit = 5_000_000 }, "compute_90a");
            var (a, b) = (Map(gpu, new int[64 * K], 64), Map(gpu, new int[Columns * K], Columns));
            try
            {
                gpu.Run("product", 1, 160, a, b, gpu.Buffer(new float[64 * Columns]), 0);
            }
            catch (GpuException)
            {
                faults.Add(Emulator.Faults[0]);
            }
        }

        Assert.That(faults.Select(fault => fault.Kind), Is.Not.Empty.And.All.EqualTo(FaultKind.SharedMemoryRace));
    }

    private static TensorMap Map(TestGpu gpu, int[] values, int boxRows) => TensorMap.Create(
        gpu.Buffer(values.Select(CodeOf).ToArray()), [K, values.Length / K], [128, boxRows], new() { Swizzle = TensorMapSwizzle.Bytes128 });

    // An integer of up to 7 as e4m3: the exponent, and three bits behind the first one.
    private static byte CodeOf(int value)
    {
        var size = Math.Abs(value);
        var exponent = size == 0 ? 0 : (int)Math.Log2(size);
        return (byte)((value < 0 ? 0x80 : 0) | (size == 0 ? 0 : ((exponent + 7) << 3) | ((size << (3 - exponent)) & 7)));
    }
}
