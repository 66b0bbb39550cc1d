#pragma once

#include <fusion/ptx/math.cuh>

namespace fusion {

/// 1/sqrt(value), correctly rounded to nearest even: the same bits on every chip, in PTX and in C#
/// ((float)(1.0 / Math.Sqrt(x))). +-0, infinities, negative numbers and NaN as rsqrt_approx. Each thread acts
/// for itself.
///
/// Why it is right: over all floats x, 1/sqrt(x) keeps a relative distance of at least 2^-51.74 from the
/// midpoint of two neighbouring floats (tried for all 2^24 of them in [1, 4); powers of 4 shift nothing but
/// the exponent). So an estimate in double that is closer than that rounds to the right float. Below, the
/// instruction's error e0 < 2^-22 leaves |residual| < 2^-20.9; value * estimate has 48 bits and is exact; the
/// series is cut off at 5/16 residual^3 < 2^-64; what remains is the rounding of the last operation, 2^-53.
__device__ __forceinline__ float rsqrt_rn(float value) {
  const float start = ptx::rsqrt_approx(value);
  const bool ordinary = start > 0.0f && start <= 3.402823466e+38f;
  if (!ordinary) return start;

  const double estimate = start;
  const double residual = __fma_rn(-__dmul_rn(value, estimate), estimate, 1.0);
  const double correction = __dmul_rn(residual, __fma_rn(residual, 0.375, 0.5));
  return __double2float_rn(__fma_rn(estimate, correction, estimate));
}

}  // namespace fusion
