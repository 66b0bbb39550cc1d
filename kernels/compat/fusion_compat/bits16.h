#pragma once

#include "base.h"

// The bits of 16-bit numbers, which the headers of half and bfloat16 overload for their types.

namespace fusion_compat {

FUSION_COMPAT_BOTH unsigned pack16(unsigned short low, unsigned short high) {
  return static_cast<unsigned>(low) | static_cast<unsigned>(high) << 16;
}
FUSION_COMPAT_BOTH unsigned short low16(unsigned bits) { return static_cast<unsigned short>(bits); }
FUSION_COMPAT_BOTH unsigned short high16(unsigned bits) { return static_cast<unsigned short>(bits >> 16); }

template <class T>
struct raw_of;

/// A number of its bits.
template <class T>
FUSION_COMPAT_BOTH T number_of(unsigned short bits) {
  typename raw_of<T>::type raw;
  raw.x = bits;
  return T(raw);
}

/// A pair of its bits, the first number in the low half.
template <class T2>
FUSION_COMPAT_BOTH T2 pair_of(unsigned bits) {
  typename raw_of<T2>::type raw;
  raw.x = low16(bits);
  raw.y = high16(bits);
  return T2(raw);
}

/// The float beside value, towards zero, whose last bit says whether anything is missing: rounding it again
/// gives what rounding the exact value would.
FUSION_COMPAT_BOTH float with_sticky_bit(float toward_zero, bool is_exact) {
  return is_exact ? toward_zero : __uint_as_float(__float_as_uint(toward_zero) | 1u);
}

/// A double as such a float.
FUSION_COMPAT_BOTH float with_sticky_bit(double value) {
  float toward_zero;
  asm("cvt.rz.f32.f64 %0, %1;" : "=f"(toward_zero) : "d"(value));
  return with_sticky_bit(toward_zero, static_cast<double>(toward_zero) == value || value != value);
}

}  // namespace fusion_compat
