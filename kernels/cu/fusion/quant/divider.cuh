#pragma once

#include <fusion/base/architecture.cuh>

namespace fusion {

/// Division of many numbers by one: RN(n / divisor), by one reciprocal and two corrections instead of a
/// division each.
///
/// Why it is right (Markstein, IBM J. Res. Dev. 34, 1990): with the correctly rounded reciprocal, n *
/// reciprocal is off by no more than a unit in the last place, its remainder is exact in one fma, and the
/// corrected quotient is the rounded one. That needs a normal reciprocal and a remainder that does not
/// underflow. Divisors here lie between 1e-10 and 2^120, and where the remainder underflows, the quotient is
/// far below half of the smallest e4m3 number and its code is that of 0. A zero is left as it is, since the
/// corrections would lose its sign; so is what an infinite divisor gives, which has no remainder: 0 for
/// finite numbers and NaN for others, as division does. Each thread acts for itself; no memory.
struct Divider {
  float divisor;
  float reciprocal;
  bool infinite;

  __device__ __forceinline__ explicit Divider(float by)
      : divisor(by), reciprocal(__frcp_rn(by)), infinite(by > 3.402823466e+38f) {}

  __device__ __forceinline__ float quotient(float n) const {
    const float first = __fmul_rn(n, reciprocal);
    const float remainder = __fmaf_rn(-first, divisor, n);
    return infinite || first == 0.0f ? first : __fmaf_rn(remainder, reciprocal, first);
  }
};

/// RN(n / D) for a whole number D and n not negative, in the same way.
template <int D>
__device__ __forceinline__ float divide_by(float n) {
  constexpr float divisor = static_cast<float>(D);
  constexpr float reciprocal = 1.0f / divisor;
  const float first = __fmul_rn(n, reciprocal);
  const float corrected = __fmaf_rn(__fmaf_rn(-first, divisor, n), reciprocal, first);
  // Infinity has no remainder, and that of a number near the smallest normal one would underflow.
  return n > 3.402823466e+38f ? n : n < 1e-30f ? __fdiv_rn(n, divisor) : corrected;
}

}  // namespace fusion
