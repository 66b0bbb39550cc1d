#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <type_traits>
template <typename T>
struct Vec2;
template <>
struct Vec2<half> {
  using type = half2;
};
template <>
struct Vec2<__nv_bfloat16> {
  using type = __nv_bfloat162;
};
template <typename T>
inline __device__ float2 to_float2(T v);
template <>
inline __device__ float2 to_float2(half2 v) {
  return __half22float2(v);
}
template <>
inline __device__ float2 to_float2(__nv_bfloat162 v) {
  return __bfloat1622float2(v);
}
template <typename T2>
inline __device__ T2 from_float2(float2 v);
template <>
inline __device__ half2 from_float2<half2>(float2 v) {
  return __float22half2_rn(v);
}
template <>
inline __device__ __nv_bfloat162 from_float2<__nv_bfloat162>(float2 v) {
  return __float22bfloat162_rn(v);
}
template <typename T, bool INTERLEAVED>
__global__ void rotary(T* __restrict__ qk, const float* __restrict__ cosines, int rows) {
  using T2 = typename Vec2<T>::type;
  static_assert(std::is_same<T, half>::value || std::is_same<T, __nv_bfloat16>::value, "type");
  T2* pairs = reinterpret_cast<T2*>(qk) + blockIdx.x * blockDim.x;
  float2 v = to_float2(pairs[threadIdx.x]);
  float s, c;
  sincosf(cosines[threadIdx.x], &s, &c);
  pairs[threadIdx.x] = from_float2<T2>(make_float2(v.x * c - v.y * s, v.x * s + v.y * c));
}
template __global__ void rotary<half, true>(half* __restrict__, const float* __restrict__, int);
template __global__ void rotary<__nv_bfloat16, false>(__nv_bfloat16* __restrict__, const float* __restrict__,
                                                      int);
