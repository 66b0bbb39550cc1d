using Fusion.Compiler.Tests.Infrastructure;
using Fusion.Emulation.Tests.Support;

namespace Fusion.Emulation.Tests.Kernels;

/// <summary>Kernels that use CUB and libcu++, as the package Fusion.Cccl brings them, each with the result that C# computes.</summary>
public sealed class KernelsOfCub
{
    private const int Threads = 128;

    private const string Source = """
        #include <cub/block/block_load.cuh>
        #include <cub/block/block_radix_sort.cuh>
        #include <cub/block/block_reduce.cuh>
        #include <cub/block/block_scan.cuh>
        #include <cub/block/block_store.cuh>
        #include <cub/warp/warp_reduce.cuh>
        #include <cuda/atomic>
        #include <cuda/std/array>
        #include <cuda/std/limits>

        extern "C" __global__ void block_sum(const int* values, int* total) {
          using Reduce = cub::BlockReduce<int, 128>;
          __shared__ typename Reduce::TempStorage storage;
          const int sum = Reduce(storage).Sum(values[threadIdx.x]);
          if (threadIdx.x == 0) *total = sum;
        }
        extern "C" __global__ void block_scan(const int* values, int* before) {
          using Scan = cub::BlockScan<int, 128>;
          __shared__ typename Scan::TempStorage storage;
          int sum;
          Scan(storage).ExclusiveSum(values[threadIdx.x], sum);
          before[threadIdx.x] = sum;
        }
        extern "C" __global__ void warp_most(const int* values, int* most) {
          using Reduce = cub::WarpReduce<int>;
          __shared__ typename Reduce::TempStorage storage[4];
          const int warp = threadIdx.x / 32;
          const int found = Reduce(storage[warp]).Reduce(values[threadIdx.x], cub::Max());
          if (threadIdx.x % 32 == 0) most[warp] = found;
        }
        extern "C" __global__ void sort(const unsigned* keys, unsigned* sorted) {
          using Sort = cub::BlockRadixSort<unsigned, 128, 4>;
          using Load = cub::BlockLoad<unsigned, 128, 4, cub::BLOCK_LOAD_TRANSPOSE>;
          using Store = cub::BlockStore<unsigned, 128, 4, cub::BLOCK_STORE_TRANSPOSE>;
          __shared__ union {
            typename Sort::TempStorage sort;
            typename Load::TempStorage load;
            typename Store::TempStorage store;
          } storage;
          unsigned own[4];
          Load(storage.load).Load(keys, own);
          __syncthreads();
          Sort(storage.sort).Sort(own);
          __syncthreads();
          Store(storage.store).Store(sorted, own);
        }
        extern "C" __global__ void library(const int* values, int* total, int* most) {
          const cuda::std::array<int, 3> weights{1, 10, 100};
          int sum = 0;
          for (int weight : weights) sum += weight * values[threadIdx.x];
          cuda::atomic_ref<int, cuda::thread_scope_device> shared(*total);
          shared.fetch_add(sum, cuda::std::memory_order_relaxed);
          if (threadIdx.x == 0) *most = cuda::std::numeric_limits<int>::max();
        }
        """;

    private static readonly int[] Values = [.. Enumerable.Range(0, Threads).Select(i => (i * 7919) % 1001)];

    [Test]
    public void SumABlock()
    {
        using var gpu = Gpu();
        var total = gpu.Buffer(0);

        gpu.Run("block_sum", 1, Threads, gpu.Buffer(Values), total);

        Assert.That(TestGpu.Read(total), Is.EqualTo([Values.Sum()]));
    }

    [Test]
    public void ScanABlock()
    {
        using var gpu = Gpu();
        var before = gpu.Unwritten<int>(Threads);

        gpu.Run("block_scan", 1, Threads, gpu.Buffer(Values), before);

        Assert.That(TestGpu.Read(before), Is.EqualTo(Enumerable.Range(0, Threads).Select(i => Values[..i].Sum())));
    }

    [Test]
    public void FindTheMostOfEachWarp()
    {
        using var gpu = Gpu();
        var most = gpu.Unwritten<int>(Threads / 32);

        gpu.Run("warp_most", 1, Threads, gpu.Buffer(Values), most);

        Assert.That(TestGpu.Read(most), Is.EqualTo(Values.Chunk(32).Select(warp => warp.Max())));
    }

    [Test]
    public void SortABlock()
    {
        using var gpu = Gpu();
        uint[] keys = [.. Enumerable.Range(0, 4 * Threads).Select(i => (uint)i * 2654435761u)];
        var sorted = gpu.Unwritten<uint>(keys.Length);

        gpu.Run("sort", 1, Threads, gpu.Buffer(keys), sorted);

        Assert.That(TestGpu.Read(sorted), Is.EqualTo(keys.Order()));
    }

    [Test]
    public void UseTheStandardLibrary()
    {
        using var gpu = Gpu();
        var total = gpu.Buffer(0);
        var most = gpu.Buffer(0);

        gpu.Run("library", 1, Threads, gpu.Buffer(Values), total, most);

        Assert.That((TestGpu.Read(total)[0], TestGpu.Read(most)[0]), Is.EqualTo((111 * Values.Sum(), int.MaxValue)));
    }

    private static TestGpu Gpu() => new(CudaSource.ToPtx(Source, folders: CcclHeaders.Folders));
}
