#include "cuda_fp16.h"
#include <cmath>
#include <cstdint>
#define WARP_SIZE 32
const int BLOCK_SIZE = 1024;
static __device__ __forceinline__ float2 warp_reduce_sum(float2 a) {
#pragma unroll
  for (int mask = 16; mask > 0; mask >>= 1) {
    a.x += __shfl_xor_sync(0xffffffff, a.x, mask, 32);
    a.y += __shfl_xor_sync(0xffffffff, a.y, mask, 32);
  }
  return a;
}
template <typename T>
__device__ void layernorm(const T* x, T* dst, const T* alpha, const int ncols, const float eps) {
  float2 mean_var = make_float2(0.f, 0.f);
  for (int col = threadIdx.x; col < ncols; col += blockDim.x) {
    const float xi = static_cast<float>(x[col]);
    mean_var.x += xi;
    mean_var.y += xi * xi;
  }
  mean_var = warp_reduce_sum(mean_var);
  const float mean = mean_var.x / ncols, inv_std = rsqrtf(mean_var.y / ncols - mean * mean + eps);
  for (int col = threadIdx.x; col < ncols; col += blockDim.x)
    dst[col] = static_cast<T>((static_cast<float>(x[col]) - mean) * inv_std *
                              (alpha ? static_cast<float>(alpha[col]) : 1.f));
}
template <typename T>
__device__ T maximum(T a, T b) {
  return a > b ? a : b;
}
template <>
__device__ __half maximum(__half a, __half b) {
  return __hmax(a, b);
}
#define LAYERNORM_OP(TYPENAME, FN_NAME)                                                         \
  extern "C" __global__ void FN_NAME(const TYPENAME* src, TYPENAME* dst, const TYPENAME* alpha, \
                                     const int n_cols, const float eps) {                       \
    layernorm<TYPENAME>(src, dst, alpha, n_cols, eps);                                          \
  }
#define FAST_OP(TYPENAME, MAX_NAME)                                         \
  extern "C" __global__ void MAX_NAME(const TYPENAME* src, TYPENAME* dst) { \
    __shared__ TYPENAME shr[BLOCK_SIZE];                                    \
    shr[threadIdx.x] = src[threadIdx.x];                                    \
    __syncthreads();                                                        \
    dst[0] = maximum(shr[0], shr[1]);                                       \
  }
LAYERNORM_OP(float, layernorm_f32)
LAYERNORM_OP(__half, layernorm_f16)
FAST_OP(float, fast_max_f32)
FAST_OP(__half, fast_max_f16)
FAST_OP(int64_t, fast_max_i64)
