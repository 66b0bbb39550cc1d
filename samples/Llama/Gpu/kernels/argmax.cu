#include <fusion/base/integers.cuh>

using namespace fusion;

namespace {

/// A number that is larger for a larger logit, and of equal logits for the one with the lower index: the
/// order of the logit in the upper half, the index turned over in the lower. -0 counts as 0, and NaN less
/// than all numbers.
__device__ __forceinline__ u64 key_of(float logit, int index) {
  const u32 bits = __float_as_uint(__fadd_rn(logit, 0.0f));
  const u32 order = logit != logit ? 0xFFFFFFFFu : (bits & 0x80000000u) != 0 ? ~bits : bits | 0x80000000u;
  return static_cast<u64>(order) << 32 | (0xFFFFFFFFu - static_cast<u32>(index));
}

__device__ __forceinline__ u64 larger(u64 a, u64 b) { return a > b ? a : b; }

}  // namespace

/// Largest keys of the logits f32 [rows, columns]: best[row, part], where a part is an equal piece of the
/// columns; 0 for a part without columns. The host takes the largest of all. Grid: x is the number of parts,
/// y that of the rows. Block: 256 threads.
extern "C" __global__ void __launch_bounds__(256)
    largest_logits(const float* logits, u64* best, int columns) {
  __shared__ u64 of_warps[8];
  const float* const row = logits + static_cast<i64>(blockIdx.y) * columns;
  const int each = (columns - 1) / static_cast<int>(gridDim.x) + 1;
  const i64 first = static_cast<i64>(blockIdx.x) * each;
  const i64 end = first + each < columns ? first + each : columns;
  u64 key = 0;
  for (i64 i = first + threadIdx.x; i < end; i += blockDim.x)
    key = larger(key, key_of(row[i], static_cast<int>(i)));
  for (int distance = 16; distance > 0; distance /= 2)
    key = larger(key, __shfl_xor_sync(0xFFFFFFFFu, key, distance));
  if (threadIdx.x % 32 == 0) of_warps[threadIdx.x / 32] = key;
  __syncthreads();
  if (threadIdx.x != 0) return;
  for (int warp = 1; warp < 8; warp++) key = larger(key, of_warps[warp]);
  best[static_cast<i64>(blockIdx.y) * gridDim.x + blockIdx.x] = key;
}
