#include <stdio.h>
#include <stdlib.h>
#include <float.h>
#include <assert.h>
#include <math.h>
#include <cuda_runtime.h>
#include <cuda_bf16.h>
#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>

#define CEIL_DIV(M, N) (((M) + (N)-1) / (N))
namespace cg = cooperative_groups;

__device__ inline float lerp(float start, float end, float weight) {
  return fmaf(weight, end, fmaf(-weight, start, start));
}

__device__ __forceinline__ unsigned int Get2dNoiseUint(int indexX, int indexY, unsigned int seed) {
  constexpr int PRIME_NUMBER = 198491317;
  return static_cast<unsigned int>(indexX + PRIME_NUMBER * indexY) ^ seed;
}
__device__ __forceinline__ void stochastic_rounding(float in, __nv_bfloat16* out, unsigned int seed) {
  unsigned int random = Get2dNoiseUint(threadIdx.x, blockIdx.x * blockDim.x + blockIdx.y, seed);
  unsigned int float_bits = __float_as_uint(in), rounded_bits = float_bits & 0x0000FFFF;
  float_bits = (rounded_bits > (random & 0xFFFF)) ? (float_bits | 0xFFFF) : (float_bits & ~0xFFFF);
  *out = __float2bfloat16_rn(__uint_as_float(float_bits));
}
template <typename Tp, typename Tg>
__device__ void adamw_update(Tp* params, Tg* grads, float* m_memory, size_t num_parameters, float lr,
                             float beta1, unsigned int seed) {
  size_t idx = blockIdx.x * blockDim.x + threadIdx.x;
  if (idx >= num_parameters) return;
  float m = lerp((float)grads[idx], m_memory[idx], beta1);
  m_memory[idx] = m;
  stochastic_rounding((float)params[idx] - lr * m, &params[idx], seed);
}
template <typename Tp, typename Tg>
__global__ void adamw_kernel3(Tp* params, Tg* grads, float* m, size_t n, float lr, float beta1,
                              unsigned int seed) {
  adamw_update(params, grads, m, n, lr, beta1, seed);
}
template __global__ void adamw_kernel3<__nv_bfloat16, __nv_bfloat16>(__nv_bfloat16*, __nv_bfloat16*, float*,
                                                                     size_t, float, float, unsigned int);

template <typename Tp, typename Tg>
void adamw_update(Tp* params, Tg* grads, float* m, size_t n, float lr, float beta1, unsigned int seed,
                  cudaStream_t stream, int) {
  adamw_kernel3<<<dim3(1, 1), 512, 0, stream>>>(params, grads, m, n, lr, beta1, seed);
}
