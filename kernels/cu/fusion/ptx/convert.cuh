#pragma once

#include <fusion/base/bf16.cuh>
#include <fusion/base/integers.cuh>

// Rounding conversions. Each thread acts for itself; no memory.

namespace fusion::ptx {

/// Rounds to nearest, ties to even; what is too large becomes infinite. Any NaN becomes 0x7FFF.
__device__ __forceinline__ bf16 cvt_rn_bf16(float value) {
  bf16 result;
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(result.bits) : "f"(value));
  return result;
}

/// round_T of the numeric contract: round_to<bf16>(x) rounds to nearest even, round_to<float>(x) is x.
template <class T>
__device__ __forceinline__ T round_to(float value);

template <>
__device__ __forceinline__ bf16 round_to<bf16>(float value) {
  return cvt_rn_bf16(value);
}

template <>
__device__ __forceinline__ float round_to<float>(float value) {
  return value;
}

}  // namespace fusion::ptx
