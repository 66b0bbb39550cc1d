#pragma once

#include <fusion/base/integers.cuh>

// Scales that are powers of two, 2^(byte - 127). Each thread acts for itself; no memory.

namespace fusion {

/// The byte of the smallest power of two that is at least `value`, which is not negative and not NaN; 2^127
/// at most.
__device__ __forceinline__ u32 ue8m0_up(float value) {
  const u32 bits = __float_as_uint(value);
  const u32 exponent = (bits >> 23) + ((bits & 0x7FFFFFu) != 0 ? 1u : 0u);
  return exponent < 254u ? exponent : 254u;
}

/// 1 / 2^(byte - 127), exactly, for bytes up to 254.
__device__ __forceinline__ float ue8m0_reciprocal(u32 byte) {
  // 2^-127 is a subnormal float.
  return byte < 254u ? __uint_as_float((254u - byte) << 23) : __uint_as_float(0x00400000u);
}

}  // namespace fusion
