#pragma once

#include <fusion/base/integers.cuh>

namespace fusion {

/// IEEE 754 binary16: sign (1 bit), exponent (5), fraction (10). Aligned to 2 bytes, as the toolkit's __half,
/// whose arrays may be passed where f16* is expected. Conversions are in fusion/ptx/convert.cuh.
struct f16 {
  u16 bits;
};

static_assert(sizeof(f16) == 2 && alignof(f16) == 2, "f16 is 2 bytes");

}  // namespace fusion
