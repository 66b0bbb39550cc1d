using Fusion.Emulation.Tests.Support;

namespace Fusion.Emulation.Tests.Kernels;

/// <summary>Kernels as people write them, each with the result that C# computes.</summary>
public sealed class CommonKernels
{
    private const string Source = """
        extern "C" __global__ void sum(const int* values, int count, int* total) {
          __shared__ int parts[32];
          int own = 0;
          for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x) own += values[i];
          for (int offset = 16; offset > 0; offset /= 2) own += __shfl_down_sync(0xffffffff, own, offset);
          if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = own;
          __syncthreads();
          if (threadIdx.x < 32) {
            own = threadIdx.x < blockDim.x / 32 ? parts[threadIdx.x] : 0;
            for (int offset = 16; offset > 0; offset /= 2) own += __shfl_xor_sync(0xffffffff, own, offset);
            if (threadIdx.x == 0) atomicAdd(total, own);
          }
        }
        extern "C" __global__ void scan(int* values) {
          extern __shared__ int shared[];
          const int i = threadIdx.x;
          shared[i] = values[i];
          __syncthreads();
          for (int step = 1; step < blockDim.x; step *= 2) {
            const int add = i >= step ? shared[i - step] : 0;
            __syncthreads();
            shared[i] += add;
            __syncthreads();
          }
          values[i] = shared[i];
        }
        extern "C" __global__ void histogram(const unsigned char* bytes, int count, unsigned* bins) {
          __shared__ unsigned own[256];
          for (int i = threadIdx.x; i < 256; i += blockDim.x) own[i] = 0;
          __syncthreads();
          for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x) atomicAdd(&own[bytes[i]], 1u);
          __syncthreads();
          for (int i = threadIdx.x; i < 256; i += blockDim.x) atomicAdd(&bins[i], own[i]);
        }
        extern "C" __global__ void transpose(const float* from, float* to, int rows, int columns) {
          __shared__ float tile[32][33];
          int x = blockIdx.x * 32 + threadIdx.x, y = blockIdx.y * 32 + threadIdx.y;
          for (int j = 0; j < 32; j += 8) if (x < columns && y + j < rows) tile[threadIdx.y + j][threadIdx.x] = from[(y + j) * columns + x];
          __syncthreads();
          x = blockIdx.y * 32 + threadIdx.x, y = blockIdx.x * 32 + threadIdx.y;
          for (int j = 0; j < 32; j += 8) if (x < rows && y + j < columns) to[(y + j) * rows + x] = tile[threadIdx.x][threadIdx.y + j];
        }
        extern "C" __global__ void collatz(const unsigned* starts, unsigned* steps) {
          unsigned long long n = starts[threadIdx.x];
          unsigned count = 0;
          while (n != 1) { n = n % 2 == 0 ? n / 2 : 3 * n + 1; count++; }
          steps[threadIdx.x] = count;
        }
        extern "C" __global__ void locked(int* lock, int* counter) {
          bool done = false;
          while (!done) {
            if (atomicCAS(lock, 0, 1) == 0) {
              *(volatile int*)counter = *(volatile int*)counter + 1;
              __threadfence();
              atomicExch(lock, 0);
              done = true;
            }
          }
        }
        extern "C" __global__ void spin_locked(int* lock, int* counter) {
          while (atomicCAS(lock, 0, 1) != 0) {}
          *(volatile int*)counter = *(volatile int*)counter + 1;
          __threadfence();
          atomicExch(lock, 0);
        }
        extern "C" __global__ void votes(const int* values, unsigned* results) {
          const int own = values[threadIdx.x];
          results[threadIdx.x * 5] = __ballot_sync(0xffffffff, own > 3);
          results[threadIdx.x * 5 + 1] = __match_any_sync(0xffffffff, own);
          results[threadIdx.x * 5 + 2] = __reduce_max_sync(0xffffffff, (unsigned)own);
          results[threadIdx.x * 5 + 3] = __all_sync(0xffffffff, own >= 0) + 2 * __any_sync(0xffffffff, own == 7);
          results[threadIdx.x * 5 + 4] = __syncthreads_count(own == 2);
        }
        __device__ __noinline__ int twice(int value, int* to) { *to = value + 1; return value * 2; }
        extern "C" __global__ void calls(int* values) {
          int other = 0;
          const int result = twice(values[threadIdx.x], &other);
          values[threadIdx.x] = threadIdx.x % 3 == 0 ? twice(result, &other) + other : result + other;
        }
        __device__ unsigned set_s32(int a, int b) { unsigned d; asm("set.lt.u32.s32 %0, %1, %2;" : "=r"(d) : "r"(a), "r"(b)); return d; }
        __device__ float set_f32(float a, float b) { float d; asm("set.geu.f32.f32 %0, %1, %2;" : "=f"(d) : "f"(a), "f"(b)); return d; }
        __device__ unsigned set_and(int a, int b, int c) {
          unsigned d;
          asm("{\n.reg .pred p;\nsetp.ne.s32 p, %3, 0;\nset.ne.and.u32.s32 %0, %1, %2, !p;\n}" : "=r"(d) : "r"(a), "r"(b), "r"(c));
          return d;
        }
        __device__ unsigned set_halves(unsigned a, unsigned b) { unsigned d; asm("set.gt.f16x2.f16x2 %0, %1, %2;" : "=r"(d) : "r"(a), "r"(b)); return d; }
        extern "C" __global__ void sets(const int* values, unsigned* to) {
          const int i = threadIdx.x;
          to[i * 4] = set_s32(values[i], 3);
          to[i * 4 + 1] = __float_as_uint(set_f32(values[i], 5));
          to[i * 4 + 2] = set_and(values[i], 2, i & 1);
          to[i * 4 + 3] = set_halves(0x3C004000u, i & 1 ? 0x3C003C00u : 0x38004400u);
        }
        extern "C" __global__ void choose(int* values) {
          switch (values[threadIdx.x]) {
            case 0: values[threadIdx.x] = 17; break;
            case 1: values[threadIdx.x] = values[threadIdx.x + 32] * 3; break;
            case 2: values[threadIdx.x] = -5; break;
            case 3: values[threadIdx.x] = values[threadIdx.x + 32] - 8; break;
            case 4: values[threadIdx.x] = 99; break;
            case 5: values[threadIdx.x] ^= values[threadIdx.x + 32]; break;
            default: values[threadIdx.x] = 1000;
          }
        }
        """;

    [Test]
    public void Sum()
    {
        using var gpu = TestGpu.Of(Source);
        int[] numbers = [.. Enumerable.Range(0, 5000).Select(i => (i * 7919) % 1001)];
        var total = gpu.Buffer(0);

        gpu.Run("sum", 6, 160, gpu.Buffer(numbers), numbers.Length, total);

        Assert.That(TestGpu.Read(total), Is.EqualTo([numbers.Sum()]));
    }

    [Test]
    public void Scan()
    {
        using var gpu = TestGpu.Of(Source);
        int[] numbers = [.. Enumerable.Range(1, 200)];
        var values = gpu.Buffer(numbers);

        gpu.Run("scan", 1, 200, 800, [], values);

        Assert.That(TestGpu.Read(values), Is.EqualTo(numbers.Select(i => i * (i + 1) / 2)));
    }

    [Test]
    public void CountWithAtomics()
    {
        using var gpu = TestGpu.Of(Source);
        var bytes = new byte[3000];
        new Random(1).NextBytes(bytes);
        var bins = gpu.Buffer(new uint[256]);

        gpu.Run("histogram", 3, 96, gpu.Buffer(bytes), bytes.Length, bins);

        Assert.That(TestGpu.Read(bins), Is.EqualTo(Enumerable.Range(0, 256).Select(i => (uint)bytes.Count(one => one == i))));
    }

    [Test]
    public void Transpose()
    {
        using var gpu = TestGpu.Of(Source);
        const int Rows = 45;
        const int Columns = 70;
        float[] numbers = [.. Enumerable.Range(0, Rows * Columns).Select(i => i * 0.5f)];
        var to = gpu.Unwritten<float>(Rows * Columns);

        gpu.Run("transpose", new(3, 2), new(32, 8), gpu.Buffer(numbers), to, Rows, Columns);

        Assert.That(TestGpu.Read(to), Is.EqualTo(Enumerable.Range(0, Rows * Columns).Select(i => numbers[(i % Rows * Columns) + (i / Rows)])));
    }

    [Test]
    public void LoopAsOftenAsEachThreadNeeds()
    {
        using var gpu = TestGpu.Of(Source);
        uint[] starts = [.. Enumerable.Range(1, 64).Select(i => (uint)i)];
        var steps = gpu.Unwritten<uint>(64);

        gpu.Run("collatz", 1, 64, gpu.Buffer(starts), steps);

        Assert.That(TestGpu.Read(steps), Is.EqualTo(starts.Select(Collatz)));
    }

    [TestCase("locked")]
    [TestCase("spin_locked")]
    public void TakeALockInTurns(string kernel)
    {
        using var gpu = TestGpu.Of(Source);
        var counter = gpu.Buffer(0);

        gpu.Run(kernel, 3, 48, gpu.Buffer(0), counter);

        Assert.That(TestGpu.Read(counter), Is.EqualTo([3 * 48]));
    }

    [Test]
    public void VoteAndMatch()
    {
        using var gpu = TestGpu.Of(Source);
        int[] values = [.. Enumerable.Range(0, 32).Select(i => i * i % 9)];
        var results = gpu.Unwritten<uint>(160);

        gpu.Run("votes", 1, 32, gpu.Buffer(values), results);

        uint Lanes(Func<int, bool> test) => (uint)values.Select((value, i) => test(value) ? 1L << i : 0).Sum();
        Assert.That(TestGpu.Read(results), Is.EqualTo(values.SelectMany(own => new[]
        {
            Lanes(value => value > 3), Lanes(value => value == own), (uint)values.Max(), 1 + (values.Contains(7) ? 2u : 0),
            (uint)values.Count(value => value == 2),
        })));
    }

    [Test]
    public void CallFunctions()
    {
        using var gpu = TestGpu.Of(Source);
        int[] numbers = [.. Enumerable.Range(0, 40)];
        var values = gpu.Buffer(numbers);

        gpu.Run("calls", 1, 40, values);

        Assert.That(TestGpu.Read(values), Is.EqualTo(numbers.Select(i => i % 3 == 0 ? (4 * i) + (2 * i) + 1 : (2 * i) + i + 1)));
    }

    [Test]
    public void JumpByATable()
    {
        using var gpu = TestGpu.Of(Source);
        int[] numbers = [.. Enumerable.Range(0, 64).Select(i => i < 32 ? i % 7 : i)];
        var values = gpu.Buffer(numbers);

        gpu.Run("choose", 1, 32, values);

        Assert.That(TestGpu.Read(values)[..32], Is.EqualTo(Enumerable.Range(0, 32).Select(i => (i % 7) switch
        {
            0 => 17,
            1 => (i + 32) * 3,
            2 => -5,
            3 => i + 32 - 8,
            4 => 99,
            5 => 5 ^ (i + 32),
            _ => 1000,
        })));
    }

    [Test]
    public void SetNumbersByComparisons()
    {
        using var gpu = TestGpu.Of(Source);
        int[] values = [.. Enumerable.Range(-4, 32)];
        var results = gpu.Unwritten<uint>(128);

        gpu.Run("sets", 1, 32, gpu.Buffer(values), results);

        Assert.That(TestGpu.Read(results), Is.EqualTo(values.SelectMany((value, i) => new[]
        {
            value < 3 ? uint.MaxValue : 0, value >= 5 ? 0x3F800000u : 0, value != 2 && (i & 1) == 0 ? uint.MaxValue : 0,
            // 1 and 2 in the halves, against 1 and 1 or 0.5 and 4.
            (i & 1) == 1 ? 0x00003C00u : 0x3C000000u,
        })));
    }

    private static uint Collatz(uint start)
    {
        var steps = 0u;
        for (ulong n = start; n != 1; steps++) n = n % 2 == 0 ? n / 2 : (3 * n) + 1;
        return steps;
    }
}
