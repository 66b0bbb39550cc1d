#pragma once

#include <fusion/base/e4m3.cuh>
#include <fusion/ptx/convert.cuh>
#include <fusion/ptx/convert_fp8.cuh>

// Rounding to FP8 e4m3, whose format fusion/base/e4m3.cuh describes: by instruction where the chip has one,
// by integer arithmetic elsewhere, with the same codes. Each thread acts for itself; no memory.

namespace fusion {

/// The largest number of e4m3.
constexpr float kMaxE4m3 = 448.0f;

/// The code of one number by integer arithmetic: rounds to nearest even, saturates; NaN becomes 0x7F.
__device__ __forceinline__ u32 e4m3_by_integers(float value) {
  const u32 bits = __float_as_uint(value);
  const u32 magnitude = bits & 0x7FFFFFFFu;
  const u32 sign = (bits >> 24) & 0x80u;
  if (magnitude > 0x7F800000u) return 0x7F;
  // Numbers below 2^-6, the smallest normal one, are multiples of 2^-9.
  const float absolute = fminf(__uint_as_float(magnitude), kMaxE4m3);
  if (absolute < 0.015625f) return sign | static_cast<u32>(__float2int_rn(__fmul_rn(absolute, 512.0f)));
  // 20 bits of the fraction go, rounded to even; the exponent's bias goes from 127 to 7.
  const u32 normal = __float_as_uint(absolute);
  const u32 rounded = normal + 0x7FFFFu + ((normal >> 20) & 1u);
  return sign | ((rounded >> 20) - (120u << 3));
}

/// Two codes, `low` in the lower byte.
__device__ __forceinline__ u32 e4m3_pair(float low, float high) {
#if FUSION_HAS_CVT_E4M3
  return ptx::cvt_rn_satfinite_e4m3x2(low, high);
#else
  return e4m3_by_integers(low) | (e4m3_by_integers(high) << 8);
#endif
}

/// Eight codes, element 0 in the lowest byte of the first word.
__device__ __forceinline__ void e4m3_octet(const float (&values)[8], u32 (&codes)[2]) {
#pragma unroll
  for (int i = 0; i < 2; i++)
    codes[i] =
        e4m3_pair(values[4 * i], values[4 * i + 1]) | (e4m3_pair(values[4 * i + 2], values[4 * i + 3]) << 16);
}

/// The number of a code that is neither NaN nor negative, exactly: a scale.
__device__ __forceinline__ float e4m3_scale_value(u32 code) {
  const float subnormal = __fmul_rn(static_cast<float>(code & 7u), 0.001953125f);
  const float normal = __uint_as_float((((code >> 3) + 120u) << 23) | ((code & 7u) << 20));
  return code < 8u ? subnormal : normal;
}

/// The number of any code, exactly; NaN for 0x7F and 0xFF.
__device__ __forceinline__ float to_float(e4m3 value) {
  const u32 magnitude = value.bits & 0x7Fu;
  const float number = magnitude == 0x7Fu ? __uint_as_float(0x7FC00000u) : e4m3_scale_value(magnitude);
  return (value.bits & 0x80u) != 0 ? -number : number;
}

/// Two f16 from two codes, exactly; NaN becomes NaN. The lower byte goes to the lower half.
__device__ __forceinline__ u32 f16_pair(u32 codes) {
#if FUSION_HAS_CVT_E4M3
  return ptx::cvt_rn_f16x2_e4m3x2(static_cast<u16>(codes));
#else
  return ptx::cvt_rn_f16x2(to_float(e4m3{static_cast<u8>(codes)}),
                           to_float(e4m3{static_cast<u8>(codes >> 8)}));
#endif
}

}  // namespace fusion
