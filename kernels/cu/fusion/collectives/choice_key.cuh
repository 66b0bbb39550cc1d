#pragma once

#include <fusion/base/integers.cuh>

// Numbers of a row with their places, as integers whose order is that of a choice: the larger key is the
// larger number and, of equal numbers, the one at the lower index. NaN is larger than all numbers, so that it
// is seen, and -0 equals 0. Each thread acts for itself; no memory.
//
//   bits 63 to 32   the number, as an unsigned integer of the same order
//   bits 31 to 0    kLastIndex - index
//
// A key is never 0, and neither half of it is a word of marker.cuh.

namespace fusion {

/// Largest index that a key can hold.
constexpr u32 kLastIndex = 0x7FFFFFFFu;
constexpr u32 kOrderedNan = 0xFFC00000u;

/// The key of a number at an index.
__device__ __forceinline__ u64 choice_key(float value, u32 index) {
  const u32 bits = __float_as_uint(value);
  u32 ordered = (bits & 0x80000000u) != 0 ? ~bits : bits | 0x80000000u;
  if (value == 0.0f) ordered = 0x80000000u;
  if (value != value) ordered = kOrderedNan;
  return static_cast<u64>(ordered) << 32 | (kLastIndex - index);
}

/// The number of a key: 0 for -0, one NaN for all.
__device__ __forceinline__ float number_of(u64 key) {
  const u32 ordered = static_cast<u32>(key >> 32);
  return __uint_as_float((ordered & 0x80000000u) != 0 ? ordered & 0x7FFFFFFFu : ~ordered);
}

/// The index of a key.
__device__ __forceinline__ int index_of(u64 key) {
  return static_cast<int>(kLastIndex - static_cast<u32>(key));
}

}  // namespace fusion
