#pragma once

#include "../cuda_bf16.h"
#include "../cuda_fp16.h"
#include "small_floats.h"

typedef unsigned char __nv_fp8_storage_t;
typedef unsigned short __nv_fp8x2_storage_t;
typedef unsigned int __nv_fp8x4_storage_t;

typedef enum __nv_saturation_t { __NV_NOSAT, __NV_SATFINITE } __nv_saturation_t;
typedef enum __nv_fp8_interpretation_t { __NV_E4M3, __NV_E5M2 } __nv_fp8_interpretation_t;

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 890
#define FUSION_COMPAT_HAS_FP8 1
#else
#define FUSION_COMPAT_HAS_FP8 0
#endif
// NVRTC 11.8 has the instructions from sm_90 on.
#if FUSION_COMPAT_HAS_FP8 && __CUDACC_VER_MAJOR__ < 12 && __CUDA_ARCH__ < 900
#undef FUSION_COMPAT_HAS_FP8
#define FUSION_COMPAT_HAS_FP8 0
#endif

namespace fusion_compat {

/// The code of a float; a number beyond the greatest becomes that, or NaN (E4M3) and infinity (E5M2).
FUSION_COMPAT_BOTH unsigned fp8_code(float value, __nv_saturation_t saturation,
                                     __nv_fp8_interpretation_t format) {
  if (is_not_a_number(value)) return 0x7f;
  unsigned code = format == __NV_E4M3 ? nearest_code<3, 7>(value) : nearest_code<2, 15>(value);
  unsigned greatest = format == __NV_E4M3 ? 0x7e : 0x7b;
  if (code > greatest) code = saturation == __NV_SATFINITE ? greatest : format == __NV_E4M3 ? 0x7f : 0x7c;
  return code | sign_of(value) << 7;
}

/// Two codes, the first in the low byte.
FUSION_COMPAT_BOTH unsigned short fp8_codes(float first, float second, __nv_saturation_t saturation,
                                            __nv_fp8_interpretation_t format) {
#if FUSION_COMPAT_HAS_FP8
  if (saturation == __NV_SATFINITE) {
    unsigned short codes;
    if (format == __NV_E4M3) {
      asm("cvt.rn.satfinite.e4m3x2.f32 %0, %1, %2;" : "=h"(codes) : "f"(second), "f"(first));
    } else {
      asm("cvt.rn.satfinite.e5m2x2.f32 %0, %1, %2;" : "=h"(codes) : "f"(second), "f"(first));
    }
    return codes;
  }
#endif
  return static_cast<unsigned short>(fp8_code(first, saturation, format) |
                                     fp8_code(second, saturation, format) << 8);
}

}  // namespace fusion_compat

FUSION_COMPAT_BOTH __nv_fp8_storage_t __nv_cvt_float_to_fp8(float x, __nv_saturation_t saturation,
                                                            __nv_fp8_interpretation_t format) {
  return static_cast<__nv_fp8_storage_t>(fusion_compat::fp8_codes(x, 0.0f, saturation, format));
}
FUSION_COMPAT_BOTH __nv_fp8x2_storage_t __nv_cvt_float2_to_fp8x2(float2 x, __nv_saturation_t saturation,
                                                                 __nv_fp8_interpretation_t format) {
  return fusion_compat::fp8_codes(x.x, x.y, saturation, format);
}
// Of a double, NaN keeps its sign, and in E5M2 the second bit of what it carries.
FUSION_COMPAT_BOTH __nv_fp8_storage_t __nv_cvt_double_to_fp8(double x, __nv_saturation_t saturation,
                                                             __nv_fp8_interpretation_t format) {
  if (x != x) {
    unsigned high = static_cast<unsigned>(__double2hiint(x));
    unsigned carried = format == __NV_E4M3 ? 1 : high >> 18 & 1;
    return static_cast<__nv_fp8_storage_t>(high >> 31 << 7 | 0x7e | carried);
  }
  return __nv_cvt_float_to_fp8(fusion_compat::with_sticky_bit(x), saturation, format);
}
FUSION_COMPAT_BOTH __nv_fp8x2_storage_t __nv_cvt_double2_to_fp8x2(double2 x, __nv_saturation_t saturation,
                                                                  __nv_fp8_interpretation_t format) {
  return static_cast<__nv_fp8x2_storage_t>(__nv_cvt_double_to_fp8(x.x, saturation, format) |
                                           __nv_cvt_double_to_fp8(x.y, saturation, format) << 8);
}
FUSION_COMPAT_BOTH __nv_fp8_storage_t __nv_cvt_halfraw_to_fp8(__half_raw x, __nv_saturation_t saturation,
                                                              __nv_fp8_interpretation_t format) {
  return __nv_cvt_float_to_fp8(__half2float(__half(x)), saturation, format);
}
FUSION_COMPAT_BOTH __nv_fp8x2_storage_t __nv_cvt_halfraw2_to_fp8x2(__half2_raw x,
                                                                   __nv_saturation_t saturation,
                                                                   __nv_fp8_interpretation_t format) {
  return __nv_cvt_float2_to_fp8x2(__half22float2(__half2(x)), saturation, format);
}
FUSION_COMPAT_BOTH __nv_fp8_storage_t __nv_cvt_bfloat16raw_to_fp8(__nv_bfloat16_raw x,
                                                                  __nv_saturation_t saturation,
                                                                  __nv_fp8_interpretation_t format) {
  return __nv_cvt_float_to_fp8(__bfloat162float(__nv_bfloat16(x)), saturation, format);
}
FUSION_COMPAT_BOTH __nv_fp8x2_storage_t __nv_cvt_bfloat16raw2_to_fp8x2(__nv_bfloat162_raw x,
                                                                       __nv_saturation_t saturation,
                                                                       __nv_fp8_interpretation_t format) {
  return __nv_cvt_float2_to_fp8x2(__bfloat1622float2(__nv_bfloat162(x)), saturation, format);
}

/// The half of a code, which is exact: half has every number of both formats.
FUSION_COMPAT_BOTH __half_raw __nv_cvt_fp8_to_halfraw(__nv_fp8_storage_t code,
                                                      __nv_fp8_interpretation_t format) {
  __half_raw half;
  unsigned magnitude = code & 0x7f, sign = (code & 0x80u) << 8;
  if (format == __NV_E5M2) {
    half.x = static_cast<unsigned short>(magnitude > 0x7c ? 0x7fff : magnitude << 8 | sign);
  } else if (magnitude == 0x7f) {
    half.x = 0x7fff;
  } else if (magnitude >= 8) {
    half.x = static_cast<unsigned short>(((magnitude << 7) + 0x2000) | sign);
  } else {
    half.x =
        static_cast<unsigned short>(fusion_compat::bits_of(__float2half_rn(magnitude * 0.001953125f)) | sign);
  }
  return half;
}
FUSION_COMPAT_BOTH __half2_raw __nv_cvt_fp8x2_to_halfraw2(__nv_fp8x2_storage_t codes,
                                                          __nv_fp8_interpretation_t format) {
#if FUSION_COMPAT_HAS_FP8
  unsigned bits;
  if (format == __NV_E4M3) {
    asm("cvt.rn.f16x2.e4m3x2 %0, %1;" : "=r"(bits) : "h"(codes));
  } else {
    asm("cvt.rn.f16x2.e5m2x2 %0, %1;" : "=r"(bits) : "h"(codes));
  }
  return fusion_compat::pair_of<__half2>(bits);
#else
  __half2_raw pair;
  pair.x = __nv_cvt_fp8_to_halfraw(static_cast<__nv_fp8_storage_t>(codes), format).x;
  pair.y = __nv_cvt_fp8_to_halfraw(static_cast<__nv_fp8_storage_t>(codes >> 8), format).x;
  return pair;
#endif
}
