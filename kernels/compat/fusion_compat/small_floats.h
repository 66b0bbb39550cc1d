#pragma once

#include "bits16.h"

// Rounding float to the formats of 8 and 4 bits, for chips without an instruction and for what instructions
// do not do.

namespace fusion_compat {

/// The code of the nearest number of a small format, ties to even, without sign and without a limit: an
/// overflow gives a code above the greatest. Mantissa: number of its bits. Bias: of its exponent.
template <int Mantissa, int Bias>
FUSION_COMPAT_BOTH unsigned nearest_code(float value) {
  unsigned bits = __float_as_uint(value) & 0x7fffffff;
  const unsigned least_normal = (128 - Bias) << 23;
  if (bits < least_normal) {
    // Whole multiples of the least number: adding 2^23 leaves them in the last bits.
    float multiples = __uint_as_float(bits) * __uint_as_float((127 + Mantissa + Bias - 1) << 23);
    return __float_as_uint(__fadd_rn(multiples, 8388608.0f)) - __float_as_uint(8388608.0f);
  }
  const int cut = 23 - Mantissa;
  unsigned rounded = bits + ((1u << (cut - 1)) - 1) + (bits >> cut & 1);
  return (rounded >> cut) - ((127u - Bias) << Mantissa);
}

FUSION_COMPAT_BOTH bool is_not_a_number(float value) {
  return (__float_as_uint(value) & 0x7fffffff) > 0x7f800000;
}
FUSION_COMPAT_BOTH unsigned sign_of(float value) { return __float_as_uint(value) >> 31; }

}  // namespace fusion_compat
