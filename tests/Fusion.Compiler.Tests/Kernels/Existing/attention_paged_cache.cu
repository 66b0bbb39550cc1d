#include <cuda_fp16.h>
#include <cstdint>
#include <vector>
#include <map>
namespace vllm {
template <typename T, int N>
struct alignas(sizeof(T) * N) Vec {
  T data[N];
};
template <typename scalar_t>
__global__ void reshape_and_cache_kernel(const scalar_t* __restrict__ key, scalar_t* __restrict__ key_cache,
                                         const int64_t* __restrict__ slot_mapping, const int key_stride,
                                         const int block_size, const int x) {
  const int64_t token_idx = blockIdx.x;
  const int64_t slot_idx = slot_mapping[token_idx];
  if (slot_idx < 0) return;
  const int64_t block_idx = slot_idx / block_size, block_offset = slot_idx % block_size;
  for (int i = threadIdx.x; i < key_stride; i += blockDim.x)
    key_cache[block_idx * key_stride * block_size + (i / x) * block_size * x + block_offset * x + i % x] =
        key[token_idx * key_stride + i];
}
template __global__ void reshape_and_cache_kernel<uint16_t>(const uint16_t* __restrict__,
                                                            uint16_t* __restrict__,
                                                            const int64_t* __restrict__, const int, const int,
                                                            const int);
}  // namespace vllm
void swap_blocks(int src, const std::map<int64_t, int64_t>& mapping) {
  for (const auto& pair : mapping) {
    int64_t n = pair.first;
    (void)n;
  }
}
