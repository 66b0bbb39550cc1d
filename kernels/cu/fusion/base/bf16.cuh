#pragma once

#include <fusion/base/integers.cuh>

namespace fusion {

/// The upper half of a float: sign (1 bit), exponent (8), fraction (7). Aligned to 2 bytes, as the toolkit's
/// __nv_bfloat16, whose arrays may be passed where bf16* is expected.
/// Widening is here because it is exact; rounding to it is fusion/ptx/convert.cuh.
struct bf16 {
  u16 bits;
};

static_assert(sizeof(bf16) == 2 && alignof(bf16) == 2, "bf16 is 2 bytes");

/// The same number, exactly: infinities, NaN, -0 and subnormals included.
__device__ __forceinline__ float to_float(bf16 value) {
  return __uint_as_float(static_cast<u32>(value.bits) << 16);
}

}  // namespace fusion
