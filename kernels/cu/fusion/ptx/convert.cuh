#pragma once

#include <fusion/base/bf16.cuh>
#include <fusion/base/f16.cuh>
#include <fusion/base/integers.cuh>

// Conversions. Each thread acts for itself; no memory.

namespace fusion::ptx {

/// Rounds to nearest, ties to even; what is too large becomes infinite. Any NaN becomes 0x7FFF.
__device__ __forceinline__ bf16 cvt_rn_bf16(float value) {
  bf16 result;
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(result.bits) : "f"(value));
  return result;
}

/// Two of cvt_rn_bf16 in one word, `low` in the lower half.
__device__ __forceinline__ u32 cvt_rn_bf16x2(float low, float high) {
  u32 result;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(result) : "f"(high), "f"(low));
  return result;
}

/// Rounds to nearest, ties to even; what is too large becomes infinite. Any NaN becomes 0x7FFF.
__device__ __forceinline__ f16 cvt_rn_f16(float value) {
  f16 result;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(result.bits) : "f"(value));
  return result;
}

/// Two of cvt_rn_f16 in one word, `low` in the lower half.
__device__ __forceinline__ u32 cvt_rn_f16x2(float low, float high) {
  u32 result;
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(result) : "f"(high), "f"(low));
  return result;
}

/// The same number, exactly.
__device__ __forceinline__ float cvt_f32(f16 value) {
  float result;
  asm("cvt.f32.f16 %0, %1;" : "=f"(result) : "h"(value.bits));
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
__device__ __forceinline__ f16 round_to<f16>(float value) {
  return cvt_rn_f16(value);
}

template <>
__device__ __forceinline__ float round_to<float>(float value) {
  return value;
}

}  // namespace fusion::ptx

namespace fusion {

/// The same number, exactly.
__device__ __forceinline__ float to_float(f16 value) { return ptx::cvt_f32(value); }
__device__ __forceinline__ float to_float(float value) { return value; }

}  // namespace fusion
