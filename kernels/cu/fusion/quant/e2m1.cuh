#pragma once

#include <fusion/base/integers.cuh>
#include <fusion/ptx/convert_fp8.cuh>

// FP4 e2m1: sign (1 bit), exponent (2, bias 1), fraction (1). Its numbers are 0, 0.5, 1, 1.5, 2, 3, 4 and 6.
// Rounding is by instruction where the chip has one, by integer arithmetic elsewhere, with the same codes.
// Each thread acts for itself; no memory.

namespace fusion {

/// The code of one number by integer arithmetic: rounds to nearest even, saturates; NaN becomes +6.
__device__ __forceinline__ u32 e2m1_by_integers(float value) {
  const u32 bits = __float_as_uint(value);
  if ((bits & 0x7FFFFFFFu) > 0x7F800000u) return 7;
  // Numbers below 1, the smallest normal one, are multiples of 0.5.
  const float absolute = fminf(__uint_as_float(bits & 0x7FFFFFFFu), 6.0f);
  const u32 small = static_cast<u32>(__float2int_rn(__fmul_rn(absolute, 2.0f)));
  // 22 bits of the fraction go, rounded to even; the exponent's bias goes from 127 to 1.
  const u32 normal = __float_as_uint(absolute);
  const u32 rounded = normal + 0x1FFFFFu + ((normal >> 22) & 1u);
  return (absolute < 1.0f ? small : (rounded >> 22) - (126u << 1)) | ((bits >> 28) & 8u);
}

/// Eight codes, element 0 in the lowest four bits.
__device__ __forceinline__ u32 e2m1_octet(const float (&values)[8]) {
  u32 codes = 0;
#pragma unroll
  for (int i = 0; i < 4; i++) {
#if FUSION_HAS_CVT_E2M1
    const u32 pair = ptx::cvt_rn_satfinite_e2m1x2(values[2 * i], values[2 * i + 1]);
#else
    const u32 pair = e2m1_by_integers(values[2 * i]) | (e2m1_by_integers(values[2 * i + 1]) << 4);
#endif
    codes |= pair << (8 * i);
  }
  return codes;
}

}  // namespace fusion
