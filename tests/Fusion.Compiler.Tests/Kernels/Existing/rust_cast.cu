#include "cuda_fp16.h"
#include "cuda_bf16.h"
#include "cuda_fp8.h"
#include <stdint.h>
template <typename S, typename T>
__device__ void cast_(const size_t numel, const S* inp, T* out) {
  for (unsigned int i = blockIdx.x * blockDim.x + threadIdx.x; i < numel; i += blockDim.x * gridDim.x)
    out[i] = inp[i];
}
template <typename S, typename T, typename I>
__device__ void cast_through(const size_t numel, const S* inp, T* out) {
  for (unsigned int i = blockIdx.x * blockDim.x + threadIdx.x; i < numel; i += blockDim.x * gridDim.x)
    out[i] = static_cast<T>(static_cast<I>(inp[i]));
}
template <typename T>
__device__ void cast_fp8(const size_t numel, const __nv_fp8_e4m3* inp, T* out) {
  for (unsigned int i = threadIdx.x; i < numel; i += blockDim.x)
    out[i] = __half2float(__nv_cvt_fp8_to_halfraw(inp[i].__x, __NV_E4M3));
}
#define CAST_OP(SRC_TYPENAME, DST_TYPENAME, FN_NAME)                                                   \
  extern "C" __global__ void FN_NAME(const size_t numel, const SRC_TYPENAME* inp, DST_TYPENAME* out) { \
    cast_<SRC_TYPENAME, DST_TYPENAME>(numel, inp, out);                                                \
  }
#define CAST_THROUGH_OP(SRC_TYPENAME, DST_TYPENAME, INT_TYPENAME, FN_NAME)                             \
  extern "C" __global__ void FN_NAME(const size_t numel, const SRC_TYPENAME* inp, DST_TYPENAME* out) { \
    cast_through<SRC_TYPENAME, DST_TYPENAME, INT_TYPENAME>(numel, inp, out);                           \
  }
CAST_OP(__nv_bfloat16, float, cast_bf16_f32)
CAST_OP(float, __nv_bfloat16, cast_f32_bf16)
CAST_THROUGH_OP(__nv_bfloat16, uint8_t, float, cast_bf16_u8)
CAST_THROUGH_OP(__half, __nv_bfloat16, float, cast_f16_bf16)
CAST_THROUGH_OP(uint8_t, __half, float, cast_u8_f16)
CAST_OP(__half, float, cast_f16_f32)
CAST_OP(uint32_t, double, cast_u32_f64)
extern "C" __global__ void cast_f8_f32(const size_t numel, const __nv_fp8_e4m3* inp, float* out) {
  cast_fp8<float>(numel, inp, out);
}
