#pragma once

#include <fusion/base/bf16.cuh>
#include <fusion/base/f16.cuh>
#include <fusion/ptx/convert.cuh>

namespace llama {

using namespace fusion;

/// 2 to the power of a number, to about two units in the last place; 0 where that is below 2^-126.
__device__ __forceinline__ float power_of_two(float exponent) {
  float result;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(exponent));
  return result;
}

/// Two weights of values, rounded to what tensor cores multiply; the first is the lower half.
__device__ __forceinline__ u32 pack(float low, float high, bf16) { return ptx::cvt_rn_bf16x2(low, high); }
__device__ __forceinline__ u32 pack(float low, float high, f16) { return ptx::cvt_rn_f16x2(low, high); }

}  // namespace llama
