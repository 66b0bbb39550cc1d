using Fusion.Emulation.Tests.Support;

namespace Fusion.Emulation.Tests.Machine;

/// <summary>Copies that a kernel starts and waits for later: what arrives before the wait is the seed's choice, and a use before the wait is a
/// mistake.</summary>
public sealed class AsynchronousCopies
{
    private const int Seeds = 6;

    private const string Source = """
        __device__ unsigned shared_address(const void* p) { return (unsigned)__cvta_generic_to_shared(p); }
        __device__ void copy(void* to, const void* from) {
          asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" :: "r"(shared_address(to)), "l"(from) : "memory");
        }
        __device__ void commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
        template <int Left> __device__ void wait() { asm volatile("cp.async.wait_group %0;" :: "n"(Left) : "memory"); }

        // Each thread copies a value a tile, one tile ahead of the one that it adds to its sum.
        template <int Left, bool Meets> __device__ void pipeline(const int* from, int* to, int tiles) {
          __shared__ int stage[2][64];
          const int t = threadIdx.x;
          int sum = 0;
          copy(&stage[0][t], from + t);
          commit();
          for (int tile = 0; tile < tiles; ++tile) {
            if (tile + 1 < tiles) copy(&stage[(tile + 1) & 1][t], from + (tile + 1) * 64 + t);
            commit();
            wait<Left>();
            if (Meets) __syncthreads();
            sum += stage[tile & 1][Meets ? 63 - t : t];
            if (Meets) __syncthreads();
          }
          to[t] = sum;
        }
        extern "C" __global__ void right(const int* from, int* to, int tiles) { pipeline<1, true>(from, to, tiles); }
        extern "C" __global__ void right_alone(const int* from, int* to, int tiles) { pipeline<1, false>(from, to, tiles); }
        extern "C" __global__ void waits_for_too_few(const int* from, int* to, int tiles) { pipeline<2, false>(from, to, tiles); }
        extern "C" __global__ void does_not_wait(const int* from, int* to, int tiles) {
          __shared__ int stage[64];
          copy(&stage[threadIdx.x], from + threadIdx.x);
          commit();
          to[threadIdx.x] = stage[threadIdx.x];
        }
        extern "C" __global__ void does_not_meet(const int* from, int* to, int tiles) {
          __shared__ int stage[64];
          copy(&stage[threadIdx.x], from + threadIdx.x);
          asm volatile("cp.async.wait_all;" ::: "memory");
          to[threadIdx.x] = stage[31 - threadIdx.x];
        }

        __device__ void make_barrier(void* barrier, int threads) {
          if (threadIdx.x == 0) asm volatile("mbarrier.init.shared.b64 [%0], %1;" :: "r"(shared_address(barrier)), "r"(threads) : "memory");
          __syncthreads();
        }
        __device__ void wait_for(void* barrier, int parity) {
          asm volatile("{\n.reg .pred p;\nagain: mbarrier.test_wait.parity.shared.b64 p, [%0], %1;\n@!p bra again;\n}"
                       :: "r"(shared_address(barrier)), "r"(parity) : "memory");
        }
        extern "C" __global__ void counted(const int* from, int* to, int waits) {
          __shared__ int stage[64];
          __shared__ unsigned long long barrier;
          make_barrier(&barrier, 32);
          copy(&stage[threadIdx.x], from + threadIdx.x);
          asm volatile("cp.async.mbarrier.arrive.noinc.shared.b64 [%0];" :: "r"(shared_address(&barrier)) : "memory");
          if (waits) wait_for(&barrier, 0);
          to[threadIdx.x] = stage[31 - threadIdx.x];
        }
        extern "C" __global__ void bulk(const int* from, int* to, int waits) {
          __shared__ __align__(16) int stage[64];
          __shared__ unsigned long long barrier;
          make_barrier(&barrier, 1);
          if (threadIdx.x == 0) {
            asm volatile("mbarrier.arrive.expect_tx.shared.b64 _, [%0], 256;" :: "r"(shared_address(&barrier)) : "memory");
            asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], 256, [%2];"
                         :: "r"(shared_address(stage)), "l"(from), "r"(shared_address(&barrier)) : "memory");
          }
          if (waits) wait_for(&barrier, 0);
          __syncthreads();
          to[threadIdx.x] = stage[63 - threadIdx.x];
        }
        extern "C" __global__ void bulk_once(const int* from, int* to, int waits) {
          __shared__ __align__(16) int stage[64];
          __shared__ unsigned long long barrier;
          make_barrier(&barrier, 1);
          if (threadIdx.x == 0) {
            unsigned long long policy;
            asm volatile("createpolicy.fractional.L2::evict_first.b64 %0, 0.5;" : "=l"(policy));
            asm volatile("mbarrier.arrive.expect_tx.shared.b64 _, [%0], 256;" :: "r"(shared_address(&barrier)) : "memory");
            asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes.L2::cache_hint [%0], [%1], 256, [%2], %3;"
                         :: "r"(shared_address(stage)), "l"(from), "r"(shared_address(&barrier)), "l"(policy) : "memory");
          }
          if (waits) wait_for(&barrier, 0);
          __syncthreads();
          to[threadIdx.x] = stage[63 - threadIdx.x];
        }
        extern "C" __global__ void bulk_out(const int* from, int* to, int waits) {
          __shared__ __align__(16) int stage[64];
          stage[threadIdx.x] = from[63 - threadIdx.x];
          asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
          __syncthreads();
          if (threadIdx.x == 0) {
            asm volatile("cp.async.bulk.global.shared::cta.bulk_group [%0], [%1], 256;" :: "l"(to), "r"(shared_address(stage)) : "memory");
            asm volatile("cp.async.bulk.commit_group;" ::: "memory");
            if (waits) asm volatile("cp.async.bulk.wait_group.read 0;" ::: "memory");
          }
          __syncthreads();
          stage[threadIdx.x] = -1;
        }
        """;

    private static readonly int[] Values = [.. Enumerable.Range(1, 256).Select(i => i * 3)];

    [Test]
    public void GiveTheSameWithEverySeedWhereTheKernelWaits([Values("right", "right_alone", "counted", "bulk", "bulk_once", "bulk_out")] string kernel)
    {
        for (int? seed = 0; seed <= Seeds; seed++)
        {
            using var gpu = TestGpu.Of(Source, new() { Seed = seed == 0 ? null : seed, StepLimit = 5_000_000 });
            var to = gpu.Buffer(new int[64]);

            gpu.Run(kernel, 1, Threads(kernel), gpu.Buffer(Values), to, kernel.StartsWith("right", StringComparison.Ordinal) ? 4 : 1);

            Assert.That(TestGpu.Read(to)[..Threads(kernel)], Is.EqualTo(Expected(kernel)), $"seed {seed}");
            Assert.That(Emulator.Faults, Is.Empty);
        }
    }

    [TestCase("waits_for_too_few", 4)]
    [TestCase("does_not_wait", 4)]
    [TestCase("does_not_meet", 4)]
    [TestCase("counted", 0)]
    [TestCase("bulk", 0)]
    [TestCase("bulk_once", 0)]
    [TestCase("bulk_out", 0)]
    public void AreAMistakeWhereTheKernelDoesNotWait(string kernel, int argument)
    {
        for (int? seed = 0; seed <= Seeds; seed++)
        {
            using var gpu = TestGpu.Of(Source, new() { Seed = seed == 0 ? null : seed, StepLimit = 5_000_000 });

            var fault = gpu.Fail(kernel, 1, Threads(kernel), gpu.Buffer(Values), gpu.Unwritten<int>(64), argument);

            Assert.That(fault.Kind, Is.EqualTo(FaultKind.SharedMemoryRace), $"seed {seed}");
            Assert.That(fault.Message, kernel == "does_not_meet" ? Does.Contain("with no barrier between them") : Does.Contain("an asynchronous copy, in line"));
        }
    }

    [TestCase("waits_for_too_few", 4)]
    [TestCase("does_not_wait", 4)]
    [TestCase("counted", 0)]
    [TestCase("bulk", 0)]
    [TestCase("bulk_once", 0)]
    [TestCase("bulk_out", 0)]
    public void ArriveLateWithASeedAlsoWhereNobodyChecks(string kernel, int argument) => Assert.That(
        Enumerable.Range(1, Seeds).Count(seed => !Run(kernel, argument, seed).SequenceEqual(Expected(kernel))), Is.Positive);

    private static int[] Run(string kernel, int argument, int seed)
    {
        using var gpu = TestGpu.Of(Source, new() { Seed = seed, Checks = KernelChecks.None });
        var to = gpu.Buffer(new int[64]);
        gpu.Run(kernel, 1, Threads(kernel), gpu.Buffer(Values), to, argument);
        return TestGpu.Read(to)[..Threads(kernel)];
    }

    // Where only some threads meet, one warp does all.
    private static int Threads(string kernel) => kernel is "counted" or "does_not_meet" ? 32 : 64;

    private static int[] Expected(string kernel) => [.. Enumerable.Range(0, Threads(kernel)).Select(t => kernel switch
    {
        "right" => Enumerable.Range(0, 4).Sum(tile => Values[(tile * 64) + 63 - t]),
        "right_alone" or "waits_for_too_few" => Enumerable.Range(0, 4).Sum(tile => Values[(tile * 64) + t]),
        "does_not_wait" => Values[t],
        "counted" => Values[31 - t],
        _ => Values[63 - t],
    })];
}
