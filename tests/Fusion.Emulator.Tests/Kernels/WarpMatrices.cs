using Fusion.Emulation.Tests.Support;

namespace Fusion.Emulation.Tests.Kernels;

/// <summary>Products of matrices by <c>mma.h</c>, whose fragments have a layout of the emulator's own.</summary>
public sealed class WarpMatrices
{
    private const string Source = """
        #include <mma.h>
        #include <cuda_fp16.h>
        #include <cuda_bf16.h>
        using namespace nvcuda;
        template <typename A, typename P, typename C, int M, int N, int K, typename LA, typename LB>
        __device__ void product(const A* a, const A* b, C* c, int lda, int ldb) {
          __shared__ __align__(32) C staged[M * N];
          wmma::fragment<wmma::matrix_a, M, N, K, P, LA> fa;
          wmma::fragment<wmma::matrix_b, M, N, K, P, LB> fb;
          wmma::fragment<wmma::accumulator, M, N, K, C> sum;
          wmma::fill_fragment(sum, C(2));
          wmma::load_matrix_sync(fa, a, lda);
          wmma::load_matrix_sync(fb, b, ldb);
          for (int i = 0; i < fb.num_elements; i++) fb.x[i] = fb.x[i] + fb.x[i];
          wmma::mma_sync(sum, fa, fb, sum);
          wmma::store_matrix_sync(staged, sum, N, wmma::mem_row_major);
          __syncwarp();
          for (int i = threadIdx.x; i < M * N; i += 32) c[i] = staged[i];
        }
        #define PRODUCT(name, A, P, C, M, N, K)                                                        \
          extern "C" __global__ void name(const A* a, const A* b, C* c, int rows) {                    \
            if (rows) product<A, P, C, M, N, K, wmma::row_major, wmma::row_major>(a, b, c, K, N);      \
            else product<A, P, C, M, N, K, wmma::col_major, wmma::col_major>(a, b, c, M, K);           \
          }
        PRODUCT(half_to_float, __half, __half, float, 16, 16, 16)
        PRODUCT(half_wide, __half, __half, float, 8, 32, 16)
        PRODUCT(bf16, __nv_bfloat16, __nv_bfloat16, float, 16, 16, 16)
        PRODUCT(bf16_tall, __nv_bfloat16, __nv_bfloat16, float, 32, 8, 16)
        PRODUCT(tf32, float, wmma::precision::tf32, float, 16, 16, 8)
        PRODUCT(int8, signed char, signed char, int, 16, 16, 16)
        PRODUCT(int8_wide, signed char, signed char, int, 8, 32, 16)
        PRODUCT(doubles, double, double, double, 8, 8, 4)
        """;

    [TestCase("half_to_float", 16, 16, 16)]
    [TestCase("half_wide", 8, 32, 16)]
    [TestCase("bf16", 16, 16, 16)]
    [TestCase("bf16_tall", 32, 8, 16)]
    [TestCase("tf32", 16, 16, 8)]
    [TestCase("int8", 16, 16, 16)]
    [TestCase("int8_wide", 8, 32, 16)]
    [TestCase("doubles", 8, 8, 4)]
    public void GiveTheExactProductOfSmallNumbers(string kernel, int m, int n, int k)
    {
        using var gpu = TestGpu.Of(Source);
        foreach (var isRowMajor in new[] { true, false })
        {
            int[] a = [.. Enumerable.Range(0, m * k).Select(i => (i * 7 % 11) - 5)];
            int[] b = [.. Enumerable.Range(0, k * n).Select(i => (i * 5 % 13) - 6)];
            int A(int row, int at) => isRowMajor ? a[(row * k) + at] : a[(at * m) + row];
            int B(int at, int column) => isRowMajor ? b[(at * n) + column] : b[(column * k) + at];
            var expected = Enumerable.Range(0, m * n).Select(i => 2.0 + (2 * Enumerable.Range(0, k).Sum(at => A(i / n, at) * B(at, i % n))));

            Assert.That(Run(gpu, kernel, a, b, m * n, isRowMajor), Is.EqualTo(expected));
        }
    }

    private static double[] Run(TestGpu gpu, string kernel, int[] a, int[] b, int results, bool isRowMajor)
    {
        var rows = isRowMajor ? 1 : 0;
        switch (kernel)
        {
            case "int8" or "int8_wide":
                var integers = gpu.Unwritten<int>(results);
                gpu.Run(kernel, 1, 32, gpu.Buffer([.. a.Select(one => (byte)one)]), gpu.Buffer([.. b.Select(one => (byte)one)]), integers, rows);
                return [.. TestGpu.Read(integers)];
            case "doubles":
                var doubles = gpu.Unwritten<double>(results);
                gpu.Run(kernel, 1, 32, gpu.Buffer([.. a.Select(one => (double)one)]), gpu.Buffer([.. b.Select(one => (double)one)]), doubles, rows);
                return TestGpu.Read(doubles);
            default:
                var floats = gpu.Unwritten<float>(results);
                if (kernel == "tf32") gpu.Run(kernel, 1, 32, gpu.Buffer([.. a.Select(one => (float)one)]), gpu.Buffer([.. b.Select(one => (float)one)]), floats, rows);
                else gpu.Run(kernel, 1, 32, gpu.Buffer(Halves(kernel, a)), gpu.Buffer(Halves(kernel, b)), floats, rows);
                return [.. TestGpu.Read(floats)];
        }
    }

    private static ushort[] Halves(string kernel, int[] values) => [.. values.Select(one => kernel.StartsWith("bf16", StringComparison.Ordinal)
        ? (ushort)(BitConverter.SingleToUInt32Bits(one) >> 16) : BitConverter.HalfToUInt16Bits((Half)one))];
}
