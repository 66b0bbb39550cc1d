#include <cuda_fp16.h>
#include <cuda_runtime.h>
#include <stdint.h>
__device__ uint4 dequantize_s4_to_fp16x2(uint32_t const& source) {
  uint4 result;
  uint32_t* h = reinterpret_cast<uint32_t*>(&result);
  uint32_t const i4s = reinterpret_cast<uint32_t const&>(source);
  static constexpr uint32_t immLut = (0xf0 & 0xcc) | 0xaa;
  static constexpr uint32_t BOTTOM_MASK = 0x000f000f;
  static constexpr uint32_t I4s_TO_F16s_MAGIC_NUM = 0x64006400;
  asm volatile("lop3.b32 %0, %1, %2, %3, %4;\n"
               : "=r"(h[0])
               : "r"(i4s), "n"(BOTTOM_MASK), "n"(I4s_TO_F16s_MAGIC_NUM), "n"(immLut));
  asm volatile("sub.f16x2 %0, %1, %2;\n" : "=r"(h[0]) : "r"(h[0]), "r"(I4s_TO_F16s_MAGIC_NUM));
  h[1] = h[2] = h[3] = h[0];
  return result;
}
__global__ void __launch_bounds__(64)
    gemm_forward_4bit(int G, half* __restrict__ A, int* __restrict__ B, half* __restrict__ scaling_factors,
                      half* __restrict__ C) {
  __shared__ half A_shared[16 * (32 + 8)];
  uint4 b = dequantize_s4_to_fp16x2(B[threadIdx.x]);
  *(uint4*)(A_shared + threadIdx.x % 16 * 8) = *(uint4*)(A + threadIdx.x * 8);
  __syncthreads();
  half2 sum = __hmul2(*(half2*)&b.x, __half2half2(scaling_factors[threadIdx.x]));
  C[threadIdx.x] = __hadd(__low2half(sum), A_shared[threadIdx.x]);
}
torch::Tensor awq_gemm(torch::Tensor _in_feats, torch::Tensor _kernel, int64_t split_k_iters) {
  int num_in_feats = _in_feats.size(0);
  auto options = torch::TensorOptions().dtype(_in_feats.dtype()).device(_in_feats.device());
  return torch::empty({split_k_iters, num_in_feats}, options).sum(0);
}
