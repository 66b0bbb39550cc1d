#pragma once

// The 4-bit format with the functions and types of CUDA's header of this name. Its numbers are 0, 0.5,
// 1, 1.5, 2, 3, 4 and 6.

#define __CUDA_FP4_H__

#include "cuda_fp8.h"

typedef unsigned char __nv_fp4_storage_t;
typedef unsigned char __nv_fp4x2_storage_t;
typedef unsigned short __nv_fp4x4_storage_t;
typedef enum __nv_fp4_interpretation_t { __NV_E2M1 } __nv_fp4_interpretation_t;

namespace fusion_compat {
/// Nearest, ties to even. Beyond the greatest is the greatest; so is NaN, which the format lacks.
FUSION_COMPAT_BOTH unsigned fp4_code(float value) {
  if (is_not_a_number(value)) return 7;
  unsigned code = nearest_code<1, 1>(value);
  return (code > 7 ? 7 : code) | sign_of(value) << 3;
}
}  // namespace fusion_compat

FUSION_COMPAT_BOTH __nv_fp4_storage_t __nv_cvt_float_to_fp4(float x, __nv_fp4_interpretation_t,
                                                            cudaRoundMode) {
  return static_cast<__nv_fp4_storage_t>(fusion_compat::fp4_code(x));
}
FUSION_COMPAT_BOTH __nv_fp4x2_storage_t __nv_cvt_float2_to_fp4x2(float2 x, __nv_fp4_interpretation_t,
                                                                 cudaRoundMode) {
  return static_cast<__nv_fp4x2_storage_t>(fusion_compat::fp4_code(x.x) | fusion_compat::fp4_code(x.y) << 4);
}
FUSION_COMPAT_BOTH __nv_fp4_storage_t __nv_cvt_double_to_fp4(double x, __nv_fp4_interpretation_t format,
                                                             cudaRoundMode rounding) {
  return __nv_cvt_float_to_fp4(fusion_compat::with_sticky_bit(x), format, rounding);
}
FUSION_COMPAT_BOTH __nv_fp4x2_storage_t __nv_cvt_double2_to_fp4x2(double2 x, __nv_fp4_interpretation_t format,
                                                                  cudaRoundMode rounding) {
  return __nv_cvt_float2_to_fp4x2(
      make_float2(fusion_compat::with_sticky_bit(x.x), fusion_compat::with_sticky_bit(x.y)), format,
      rounding);
}
FUSION_COMPAT_BOTH __nv_fp4_storage_t __nv_cvt_halfraw_to_fp4(__half_raw x, __nv_fp4_interpretation_t format,
                                                              cudaRoundMode rounding) {
  return __nv_cvt_float_to_fp4(__half2float(__half(x)), format, rounding);
}
FUSION_COMPAT_BOTH __nv_fp4x2_storage_t __nv_cvt_halfraw2_to_fp4x2(__half2_raw x,
                                                                   __nv_fp4_interpretation_t format,
                                                                   cudaRoundMode rounding) {
  return __nv_cvt_float2_to_fp4x2(__half22float2(__half2(x)), format, rounding);
}
FUSION_COMPAT_BOTH __nv_fp4_storage_t __nv_cvt_bfloat16raw_to_fp4(__nv_bfloat16_raw x,
                                                                  __nv_fp4_interpretation_t format,
                                                                  cudaRoundMode rounding) {
  return __nv_cvt_float_to_fp4(__bfloat162float(__nv_bfloat16(x)), format, rounding);
}
FUSION_COMPAT_BOTH __nv_fp4x2_storage_t __nv_cvt_bfloat16raw2_to_fp4x2(__nv_bfloat162_raw x,
                                                                       __nv_fp4_interpretation_t format,
                                                                       cudaRoundMode rounding) {
  return __nv_cvt_float2_to_fp4x2(__bfloat1622float2(__nv_bfloat162(x)), format, rounding);
}
FUSION_COMPAT_BOTH __half_raw __nv_cvt_fp4_to_halfraw(__nv_fp4_storage_t code, __nv_fp4_interpretation_t) {
  // 0.5 is the one number that half writes as a normal one and this format does not.
  unsigned magnitude = code & 7;
  unsigned bits = magnitude == 0 ? 0 : magnitude == 1 ? 0x3800 : (magnitude << 9) + 0x3800;
  __half_raw raw;
  raw.x = static_cast<unsigned short>(bits | (code & 8u) << 12);
  return raw;
}
FUSION_COMPAT_BOTH __half2_raw __nv_cvt_fp4x2_to_halfraw2(__nv_fp4x2_storage_t codes,
                                                          __nv_fp4_interpretation_t format) {
  __half2_raw pair;
  pair.x = __nv_cvt_fp4_to_halfraw(codes & 15, format).x;
  pair.y = __nv_cvt_fp4_to_halfraw(codes >> 4, format).x;
  return pair;
}

struct __nv_fp4_e2m1 {
  __nv_fp4_storage_t __x;

  __nv_fp4_e2m1() = default;
  FUSION_COMPAT_BOTH explicit __nv_fp4_e2m1(float f)
      : __x(__nv_cvt_float_to_fp4(f, __NV_E2M1, cudaRoundNearest)) {}
  FUSION_COMPAT_BOTH explicit __nv_fp4_e2m1(double f)
      : __x(__nv_cvt_double_to_fp4(f, __NV_E2M1, cudaRoundNearest)) {}
  FUSION_COMPAT_BOTH explicit __nv_fp4_e2m1(__half f)
      : __x(__nv_cvt_halfraw_to_fp4(f, __NV_E2M1, cudaRoundNearest)) {}
  FUSION_COMPAT_BOTH explicit __nv_fp4_e2m1(__nv_bfloat16 f)
      : __x(__nv_cvt_bfloat16raw_to_fp4(f, __NV_E2M1, cudaRoundNearest)) {}
  FUSION_COMPAT_BOTH explicit __nv_fp4_e2m1(int i) : __nv_fp4_e2m1(static_cast<double>(i)) {}
  FUSION_COMPAT_BOTH explicit operator __half() const { return __nv_cvt_fp4_to_halfraw(__x, __NV_E2M1); }
  FUSION_COMPAT_BOTH explicit operator float() const { return __half2float(__half(*this)); }
  FUSION_COMPAT_BOTH explicit operator __nv_bfloat16() const { return __float2bfloat16_rn(float(*this)); }
  FUSION_COMPAT_BOTH explicit operator double() const { return float(*this); }
  FUSION_COMPAT_BOTH explicit operator bool() const { return (__x & 7) != 0; }
};
struct __nv_fp4x2_e2m1 {
  __nv_fp4x2_storage_t __x;

  __nv_fp4x2_e2m1() = default;
  FUSION_COMPAT_BOTH explicit __nv_fp4x2_e2m1(float2 f)
      : __x(__nv_cvt_float2_to_fp4x2(f, __NV_E2M1, cudaRoundNearest)) {}
  FUSION_COMPAT_BOTH explicit __nv_fp4x2_e2m1(__half2 f)
      : __x(__nv_cvt_halfraw2_to_fp4x2(f, __NV_E2M1, cudaRoundNearest)) {}
  FUSION_COMPAT_BOTH explicit __nv_fp4x2_e2m1(__nv_bfloat162 f)
      : __x(__nv_cvt_bfloat16raw2_to_fp4x2(f, __NV_E2M1, cudaRoundNearest)) {}
  FUSION_COMPAT_BOTH explicit operator __half2() const { return __nv_cvt_fp4x2_to_halfraw2(__x, __NV_E2M1); }
  FUSION_COMPAT_BOTH explicit operator float2() const { return __half22float2(__half2(*this)); }
};
struct __attribute__((aligned(2))) __nv_fp4x4_e2m1 {
  __nv_fp4x4_storage_t __x;

  __nv_fp4x4_e2m1() = default;
  FUSION_COMPAT_BOTH explicit __nv_fp4x4_e2m1(float4 f)
      : __x(static_cast<__nv_fp4x4_storage_t>(
            __nv_cvt_float2_to_fp4x2(make_float2(f.x, f.y), __NV_E2M1, cudaRoundNearest) |
            __nv_cvt_float2_to_fp4x2(make_float2(f.z, f.w), __NV_E2M1, cudaRoundNearest) << 8)) {}
  FUSION_COMPAT_BOTH explicit operator float4() const {
    float2 low =
        __half22float2(__half2(__nv_cvt_fp4x2_to_halfraw2(static_cast<unsigned char>(__x), __NV_E2M1)));
    float2 high =
        __half22float2(__half2(__nv_cvt_fp4x2_to_halfraw2(static_cast<unsigned char>(__x >> 8), __NV_E2M1)));
    return make_float4(low.x, low.y, high.x, high.y);
  }
};
