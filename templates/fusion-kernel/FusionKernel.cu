#if (!isFloat)
#include <fusion/ptx/convert.cuh>

using namespace fusion;

#endif
#if (isRows)
// Divides each row by its sum. One block a row, blockDim.x a multiple of 32, at most 1024.
//
// Launch: Kernels.FUSION_LAUNCHER.Launch(stream, new(grid: rows, block: 256), output, input, columns);
__global__ void fusion_kernel(ELEMENT* output, const ELEMENT* input, int columns) {
  __shared__ float sums[32];
  const ELEMENT* row = input + static_cast<long long>(blockIdx.x) * columns;
  ELEMENT* out = output + static_cast<long long>(blockIdx.x) * columns;

  float sum = 0.0f;
#if (isFloat)
  for (int i = threadIdx.x; i < columns; i += blockDim.x) sum += row[i];
#else
  for (int i = threadIdx.x; i < columns; i += blockDim.x) sum += to_float(row[i]);
#endif

  // Within a warp by shuffles, between warps by shared memory: every thread gets the sum.
  for (int lanes = 16; lanes > 0; lanes /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, lanes);
  if (threadIdx.x % 32 == 0) sums[threadIdx.x / 32] = sum;
  __syncthreads();
  sum = 0.0f;
  for (int warp = 0; warp < blockDim.x / 32; ++warp) sum += sums[warp];

#if (isFloat)
  for (int i = threadIdx.x; i < columns; i += blockDim.x) out[i] = row[i] / sum;
#else
  for (int i = threadIdx.x; i < columns; i += blockDim.x)
    out[i] = ptx::round_to<ELEMENT>(to_float(row[i]) / sum);
#endif
}
#else
// Doubles each element. Any grid and block will do: threads stride over the elements.
//
// Launch: Kernels.FUSION_LAUNCHER.Launch(stream, new(grid: 256, block: 256), output, input, count);
__global__ void fusion_kernel(ELEMENT* output, const ELEMENT* input, long long count) {
  const long long threads = static_cast<long long>(gridDim.x) * blockDim.x;
  for (long long i = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += threads) {
#if (isFloat)
    output[i] = 2.0f * input[i];
#else
    output[i] = ptx::round_to<ELEMENT>(2.0f * to_float(input[i]));
#endif
  }
}
#endif
