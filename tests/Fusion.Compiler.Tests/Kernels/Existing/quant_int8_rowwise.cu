#include <cuda_fp16.h>
#include <cuda_bf16.h>
#include <type_traits>
#include <cstdint>
#include <cmath>
template <typename T>
__device__ __forceinline__ float to_float(T x) {
  if constexpr (std::is_same_v<T, half>) return __half2float(x);
  else if constexpr (std::is_same_v<T, __nv_bfloat16>) return __bfloat162float(x);
  else return x;
}
static inline __device__ int8_t float_to_int8_rn(float x) {
  uint32_t dst;
  asm volatile("cvt.rni.sat.s8.f32 %0, %1;" : "=r"(dst) : "f"(x));
  return reinterpret_cast<const int8_t&>(dst);
}
template <typename T, int THREADS>
__global__ void kInt8VectorQuant(T* __restrict__ A, int8_t* out, float* rowStats, int cols) {
  float row_max = -INFINITY;
  for (int i = threadIdx.x; i < cols; i += THREADS)
    row_max = fmaxf(row_max, fabsf(to_float(A[blockIdx.x * cols + i])));
  for (int i = threadIdx.x; i < cols; i += THREADS)
    out[blockIdx.x * cols + i] = float_to_int8_rn(to_float(A[blockIdx.x * cols + i]) * (127.0f / row_max));
  rowStats[blockIdx.x] = row_max;
}
#define MAKE_kInt8VectorQuant(T) \
  template __global__ void kInt8VectorQuant<T, 256>(T* __restrict__, int8_t*, float*, int);
MAKE_kInt8VectorQuant(half) MAKE_kInt8VectorQuant(__nv_bfloat16) MAKE_kInt8VectorQuant(float)
