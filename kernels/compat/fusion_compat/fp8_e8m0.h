#pragma once

#include "fp8_convert.h"

// E8M0: powers of two from 2^-127 to 2^127, code 0xff is NaN. The sign of what is converted does not count.

namespace fusion_compat {
FUSION_COMPAT_BOTH __nv_fp8_storage_t e8m0_code(float value, __nv_saturation_t saturation,
                                                cudaRoundMode rounding) {
  unsigned bits = __float_as_uint(value) & 0x7fffffff;
  if (bits > 0x7f800000) return 0xff;
  unsigned code = bits >> 23, rest = bits & 0x7fffff;
  // A subnormal float lies around 2^-127, which is code 0.
  bool is_above = code == 0 ? rest > 0x400000 : rest != 0;
  if (rounding == cudaRoundPosInf && is_above) code += 1;
  if (code >= 0xff) code = saturation == __NV_SATFINITE ? 0xfe : 0xff;
  return static_cast<__nv_fp8_storage_t>(code);
}
}  // namespace fusion_compat

FUSION_COMPAT_BOTH __nv_fp8_storage_t __nv_cvt_float_to_e8m0(float x, __nv_saturation_t saturation,
                                                             cudaRoundMode rounding) {
  return fusion_compat::e8m0_code(x, saturation, rounding);
}
FUSION_COMPAT_BOTH __nv_fp8_storage_t __nv_cvt_double_to_e8m0(double x, __nv_saturation_t saturation,
                                                              cudaRoundMode rounding) {
  return fusion_compat::e8m0_code(fusion_compat::with_sticky_bit(x), saturation, rounding);
}
FUSION_COMPAT_BOTH __nv_fp8_storage_t __nv_cvt_bfloat16raw_to_e8m0(__nv_bfloat16_raw x,
                                                                   __nv_saturation_t saturation,
                                                                   cudaRoundMode rounding) {
  return fusion_compat::e8m0_code(__bfloat162float(__nv_bfloat16(x)), saturation, rounding);
}
FUSION_COMPAT_BOTH __nv_fp8x2_storage_t __nv_cvt_float2_to_e8m0x2(float2 x, __nv_saturation_t saturation,
                                                                  cudaRoundMode rounding) {
  return static_cast<__nv_fp8x2_storage_t>(fusion_compat::e8m0_code(x.x, saturation, rounding) |
                                           fusion_compat::e8m0_code(x.y, saturation, rounding) << 8);
}
FUSION_COMPAT_BOTH __nv_fp8x2_storage_t __nv_cvt_double2_to_e8m0x2(double2 x, __nv_saturation_t saturation,
                                                                   cudaRoundMode rounding) {
  return __nv_cvt_float2_to_e8m0x2(
      make_float2(fusion_compat::with_sticky_bit(x.x), fusion_compat::with_sticky_bit(x.y)), saturation,
      rounding);
}
FUSION_COMPAT_BOTH __nv_fp8x2_storage_t __nv_cvt_bfloat162raw_to_e8m0x2(__nv_bfloat162_raw x,
                                                                        __nv_saturation_t saturation,
                                                                        cudaRoundMode rounding) {
  return __nv_cvt_float2_to_e8m0x2(__bfloat1622float2(__nv_bfloat162(x)), saturation, rounding);
}
FUSION_COMPAT_BOTH __nv_bfloat16_raw __nv_cvt_e8m0_to_bf16raw(__nv_fp8_storage_t code) {
  __nv_bfloat16_raw raw;
  raw.x = static_cast<unsigned short>(code == 0xff ? 0x7fff : code == 0 ? 0x0040 : code << 7);
  return raw;
}
FUSION_COMPAT_BOTH __nv_bfloat162_raw __nv_cvt_e8m0x2_to_bf162raw(__nv_fp8x2_storage_t codes) {
  __nv_bfloat162_raw pair;
  pair.x = __nv_cvt_e8m0_to_bf16raw(static_cast<__nv_fp8_storage_t>(codes)).x;
  pair.y = __nv_cvt_e8m0_to_bf16raw(static_cast<__nv_fp8_storage_t>(codes >> 8)).x;
  return pair;
}

struct __nv_fp8_e8m0 {
  __nv_fp8_storage_t __x;

  __nv_fp8_e8m0() = default;
  FUSION_COMPAT_BOTH explicit __nv_fp8_e8m0(float f)
      : __x(__nv_cvt_float_to_e8m0(f, __NV_SATFINITE, cudaRoundPosInf)) {}
  FUSION_COMPAT_BOTH explicit __nv_fp8_e8m0(double f)
      : __x(__nv_cvt_double_to_e8m0(f, __NV_SATFINITE, cudaRoundPosInf)) {}
  FUSION_COMPAT_BOTH explicit __nv_fp8_e8m0(__half f) : __nv_fp8_e8m0(__half2float(f)) {}
  FUSION_COMPAT_BOTH explicit __nv_fp8_e8m0(__nv_bfloat16 f) : __nv_fp8_e8m0(__bfloat162float(f)) {}
  FUSION_COMPAT_BOTH explicit operator __nv_bfloat16() const { return __nv_cvt_e8m0_to_bf16raw(__x); }
  FUSION_COMPAT_BOTH explicit operator float() const {
    return __bfloat162float(__nv_bfloat16(__nv_cvt_e8m0_to_bf16raw(__x)));
  }
  FUSION_COMPAT_BOTH explicit operator double() const { return static_cast<float>(*this); }
};
struct __attribute__((aligned(2))) __nv_fp8x2_e8m0 {
  __nv_fp8x2_storage_t __x;

  __nv_fp8x2_e8m0() = default;
  FUSION_COMPAT_BOTH explicit __nv_fp8x2_e8m0(float2 f)
      : __x(__nv_cvt_float2_to_e8m0x2(f, __NV_SATFINITE, cudaRoundPosInf)) {}
  FUSION_COMPAT_BOTH explicit operator __nv_bfloat162() const { return __nv_cvt_e8m0x2_to_bf162raw(__x); }
  FUSION_COMPAT_BOTH explicit operator float2() const {
    return __bfloat1622float2(__nv_bfloat162(__nv_cvt_e8m0x2_to_bf162raw(__x)));
  }
};
