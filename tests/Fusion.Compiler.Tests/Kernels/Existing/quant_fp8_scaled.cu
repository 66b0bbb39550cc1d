#include <cuda_fp8.h>
#include <cuda_bf16.h>
#include <algorithm>
#include <cmath>
#include <cstdint>
#define FP8_E4M3_MAX 448.0f
__device__ __forceinline__ float atomicMaxFloat(float* addr, float value) {
  return (value >= 0) ? __int_as_float(atomicMax((int*)addr, __float_as_int(value)))
                      : __uint_as_float(atomicMin((unsigned int*)addr, __float_as_uint(value)));
}
template <typename scalar_t>
__global__ void segmented_max_reduction(float* __restrict__ scale, const scalar_t* __restrict__ input,
                                        int64_t num_elems) {
  __shared__ float cache[1024];
  float tmp = 0.0;
  for (int64_t i = blockDim.x * blockIdx.x + threadIdx.x; i < num_elems; i += blockDim.x * gridDim.x)
    tmp = max(tmp, fabs(static_cast<float>(input[i])));
  cache[threadIdx.x] = tmp;
  __syncthreads();
  if (threadIdx.x == 0) atomicMaxFloat(scale, cache[0] / FP8_E4M3_MAX);
}
template <typename scalar_t>
__global__ void scaled_fp8_quant_kernel(__nv_fp8_e4m3* __restrict__ out, const scalar_t* __restrict__ input,
                                        const float* __restrict__ scale, int64_t num_elems) {
  int tid = blockDim.x * blockIdx.x + threadIdx.x;
  const float inverted_scale = 1.0f / (*scale);
  if (tid < num_elems) {
    float x = static_cast<float>(input[tid]) * inverted_scale;
    out[tid] = __nv_fp8_e4m3(fmaxf(-FP8_E4M3_MAX, fminf(x, FP8_E4M3_MAX)));
  }
}
template __global__ void segmented_max_reduction<__nv_bfloat16>(float* __restrict__,
                                                                const __nv_bfloat16* __restrict__, int64_t);
template __global__ void scaled_fp8_quant_kernel<__nv_bfloat16>(__nv_fp8_e4m3* __restrict__,
                                                                const __nv_bfloat16* __restrict__,
                                                                const float* __restrict__, int64_t);
void static_scaled_fp8_quant(void* out, void const* input, void const* scale) {
  dim3 grid(1024);
  scaled_fp8_quant_kernel<__nv_bfloat16>
      <<<grid, 128>>>((__nv_fp8_e4m3*)out, (const __nv_bfloat16*)input, (const float*)scale, 1);
}
