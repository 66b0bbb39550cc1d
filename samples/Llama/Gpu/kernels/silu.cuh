#pragma once

#include <fusion/base/integers.cuh>

namespace llama {

using namespace fusion;

/// silu(gate) * up.
__device__ __forceinline__ float silu_times(float gate, float up) {
  return __fmul_rn(__fdiv_rn(gate, __fadd_rn(1.0f, expf(-gate))), up);
}

}  // namespace llama
