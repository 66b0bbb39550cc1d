#pragma once

#include <fusion/base/integers.cuh>
#include <fusion/ptx/convert_fp8.cuh>

// FP4 e2m1: sign (1 bit), exponent (2, bias 1), fraction (1): 0, 0.5, 1, 1.5, 2, 3, 4, 6. Each thread acts
// for itself; no memory. By instruction where the chip has one, by comparisons elsewhere: the same codes.

namespace fusion {

/// The code of one number by comparisons: rounds to nearest even, saturates; NaN becomes +6.
__device__ __forceinline__ u32 e2m1_by_comparisons(float value) {
  const float a = fabsf(value);
  if (a != a) return 7;
  // Between two numbers the tie goes to the even code, so it belongs to the upper one where that is even.
  const u32 code =
      (a > 0.25f) + (a >= 0.75f) + (a > 1.25f) + (a >= 1.75f) + (a > 2.5f) + (a >= 3.5f) + (a > 5.0f);
  return code | ((__float_as_uint(value) >> 28) & 8u);
}

/// Eight codes, element 0 in the lowest four bits.
__device__ __forceinline__ u32 e2m1_octet(const float (&values)[8]) {
  u32 codes = 0;
#pragma unroll
  for (int i = 0; i < 4; i++) {
#if FUSION_HAS_CVT_E2M1
    const u32 pair = ptx::cvt_rn_satfinite_e2m1x2(values[2 * i], values[2 * i + 1]);
#else
    const u32 pair = e2m1_by_comparisons(values[2 * i]) | (e2m1_by_comparisons(values[2 * i + 1]) << 4);
#endif
    codes |= pair << (8 * i);
  }
  return codes;
}

}  // namespace fusion
