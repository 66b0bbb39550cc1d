using Fusion.Emulation.Tests.Support;
using Fusion.Interop.Driver;

namespace Fusion.Emulation.Tests.Kernels;

/// <summary>Kernels that use what newer chips have: asynchronous copies, barriers in shared memory, clusters and products of matrices.</summary>
public sealed class HardwareKernels
{
    private const string Source = """
        extern "C" __device__ int printf(const char*, ...);
        extern "C" __global__ void copy_async(const float* from, float* to) {
          __shared__ alignas(16) float shared[128];
          const unsigned target = (unsigned)__cvta_generic_to_shared(shared + threadIdx.x * 4);
          asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(target), "l"(from + threadIdx.x * 4) : "memory");
          asm volatile("cp.async.commit_group;\ncp.async.wait_group 0;" ::: "memory");
          __syncthreads();
          for (int i = threadIdx.x; i < 128; i += 32) to[i] = shared[127 - i] * 2;
        }
        extern "C" __global__ void bulk(const float* from, float* to) {
          __shared__ alignas(16) float shared[256];
          __shared__ alignas(8) unsigned long long barrier;
          const unsigned place = (unsigned)__cvta_generic_to_shared(&barrier), data = (unsigned)__cvta_generic_to_shared(shared);
          if (threadIdx.x == 0) asm volatile("mbarrier.init.shared.b64 [%0], 1;" ::"r"(place) : "memory");
          __syncthreads();
          if (threadIdx.x == 0) {
            asm volatile("mbarrier.arrive.expect_tx.shared.b64 _, [%0], 1024;" ::"r"(place) : "memory");
            asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], 1024, [%2];" ::"r"(data), "l"(from), "r"(place) : "memory");
          }
          unsigned done = 0;
          while (!done)
            asm volatile("{ .reg .pred p; mbarrier.try_wait.parity.shared.b64 p, [%1], 0; selp.u32 %0, 1, 0, p; }" : "=r"(done) : "r"(place) : "memory");
          to[threadIdx.x] = shared[threadIdx.x] + 1;
        }
        extern "C" __global__ void ring(int* to) {
          __shared__ int inbox;
          unsigned rank, count, remote;
          asm("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
          asm("mov.u32 %0, %%cluster_nctarank;" : "=r"(count));
          asm volatile("barrier.cluster.arrive;\nbarrier.cluster.wait;" ::: "memory");
          if (threadIdx.x == 0) {
            asm("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(remote) : "r"((unsigned)__cvta_generic_to_shared(&inbox)), "r"((rank + 1) % count));
            asm volatile("st.shared::cluster.u32 [%0], %1;" ::"r"(remote), "r"(blockIdx.x * 10) : "memory");
          }
          asm volatile("barrier.cluster.arrive;\nbarrier.cluster.wait;" ::: "memory");
          if (threadIdx.x == 0) to[blockIdx.x] = inbox;
        }
        extern "C" __global__ void matmul_bf16(const unsigned short* a, const unsigned short* b, float* d) {
          __shared__ alignas(16) unsigned short left[16 * 16], right[16 * 8];
          for (int i = threadIdx.x; i < 256; i += 32) left[i] = a[i];
          for (int i = threadIdx.x; i < 128; i += 32) right[i] = b[i];
          __syncwarp();
          unsigned x[4], y[2];
          const int row = threadIdx.x % 16, column = threadIdx.x / 16 * 8;
          asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
            : "=r"(x[0]), "=r"(x[1]), "=r"(x[2]), "=r"(x[3]) : "r"((unsigned)__cvta_generic_to_shared(left + row * 16 + column)));
          asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0, %1}, [%2];"
            : "=r"(y[0]), "=r"(y[1]) : "r"((unsigned)__cvta_generic_to_shared(right + row * 8)));
          float sum[4] = {1, 1, 1, 1};
          asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
            : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3]) : "r"(x[0]), "r"(x[1]), "r"(x[2]), "r"(x[3]), "r"(y[0]), "r"(y[1]));
          for (int i = 0; i < 4; i++) d[(threadIdx.x / 4 + i / 2 * 8) * 8 + threadIdx.x % 4 * 2 + i % 2] = sum[i];
        }
        extern "C" __global__ void says(int n) { if (threadIdx.x == 1) printf("%d %5.2f|%-4s|%x %lld %c%%\n", n, 2.5, "ab", 255u, -5ll, 'z'); }
        extern "C" __global__ void shared_by_generic_pointer(int* to) {
          __shared__ int shared[32];
          int local[4] = {1, 2, 3, 4};
          int* pointer = threadIdx.x % 2 ? shared + threadIdx.x : to + threadIdx.x;
          *pointer = local[threadIdx.x % 4] * 7;
          __syncwarp();
          if (threadIdx.x % 2) to[threadIdx.x] = *pointer + 1;
        }
        """;

    [Test]
    public void CopyAsynchronously()
    {
        using var gpu = TestGpu.Of(Source);
        float[] numbers = [.. Enumerable.Range(0, 128).Select(i => (float)i)];
        var to = gpu.Unwritten<float>(128);

        gpu.Run("copy_async", 1, 32, gpu.Buffer(numbers), to);

        Assert.That(TestGpu.Read(to), Is.EqualTo(numbers.Reverse().Select(one => one * 2)));
    }

    [Test]
    public void CountBytesOfABulkCopy()
    {
        using var gpu = TestGpu.Of(Source);
        float[] numbers = [.. Enumerable.Range(0, 256).Select(i => (float)i)];
        var to = gpu.Unwritten<float>(256);

        gpu.Run("bulk", 1, 256, gpu.Buffer(numbers), to);

        Assert.That(TestGpu.Read(to), Is.EqualTo(numbers.Select(one => one + 1)));
    }

    [Test]
    public void WriteToSharedMemoryOfOtherBlocks()
    {
        using var gpu = TestGpu.Of(Source);
        var to = gpu.Unwritten<int>(8);

        gpu.Run("ring", 8, 64, 0, [LaunchOption.Cluster(4, 1, 1)], to);

        Assert.That(TestGpu.Read(to), Is.EqualTo([30, 0, 10, 20, 70, 40, 50, 60]));
    }

    [Test]
    public void MultiplyMatrices()
    {
        using var gpu = TestGpu.Of(Source);
        var random = new Random(3);
        float[] a = [.. Enumerable.Range(0, 256).Select(_ => (float)random.Next(-8, 8))];
        float[] b = [.. Enumerable.Range(0, 128).Select(_ => (float)random.Next(-8, 8))];
        var d = gpu.Unwritten<float>(128);

        gpu.Run("matmul_bf16", 1, 32, gpu.Buffer([.. a.Select(Bits)]), gpu.Buffer([.. b.Select(Bits)]), d);

        Assert.That(TestGpu.Read(d), Is.EqualTo(Enumerable.Range(0, 128).Select(i =>
            1 + Enumerable.Range(0, 16).Sum(k => a[(i / 8 * 16) + k] * b[(k * 8) + (i % 8)]))));

        static ushort Bits(float value) => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16);
    }

    [Test]
    public void Print()
    {
        using var gpu = TestGpu.Of(Source);
        var said = new StringWriter();
        Emulation.Driver.DriverState.Current.Machine.Print = said.Write;

        gpu.Run("says", 1, 2, 42);

        Assert.That(said.ToString(), Is.EqualTo("42  2.50|ab  |ff -5 z%\n"));
    }

    [Test]
    public void FollowGenericPointers()
    {
        using var gpu = TestGpu.Of(Source);
        var to = gpu.Unwritten<int>(32);

        gpu.Run("shared_by_generic_pointer", 1, 32, to);

        Assert.That(TestGpu.Read(to), Is.EqualTo(Enumerable.Range(0, 32).Select(i => (((i % 4) + 1) * 7) + (i % 2))));
    }
}
