#pragma once

#include <fusion/base/architecture.cuh>

// Arithmetic that C++ has no exact word for. Each thread acts for itself; no memory.

namespace fusion::ptx {

/// 1/sqrt(value) with a relative error below 2^-22, subnormals included; +-0 gives the infinity of the same
/// sign, +infinity 0, anything below 0 NaN. Not correctly rounded, and not the same on every chip.
__device__ __forceinline__ float rsqrt_approx(float value) {
  float result;
  asm("rsqrt.approx.f32 %0, %1;" : "=f"(result) : "f"(value));
  return result;
}

}  // namespace fusion::ptx
