#pragma once

#include <fusion/base/integers.cuh>

namespace fusion {

/// FP8 e4m3: sign (1 bit), exponent (4, bias 7), fraction (3); the largest number is 448, there are no
/// infinities, and NaN is 0x7F or 0xFF. Its layout is that of the toolkit's __nv_fp8_e4m3, whose arrays may
/// be passed where e4m3* is expected. Rounding to it is fusion/quant/e4m3.cuh.
struct e4m3 {
  u8 bits;
};

static_assert(sizeof(e4m3) == 1 && alignof(e4m3) == 1, "e4m3 is 1 byte");

}  // namespace fusion
