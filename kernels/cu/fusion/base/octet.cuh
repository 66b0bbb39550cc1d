#pragma once

#include <fusion/base/limits.cuh>
#include <fusion/base/vec16.cuh>

namespace fusion {

/// Eight elements of a row: what one thread works on at once, and the unit of the tree in
/// fusion/norm/row_sum.cuh. It has 16 bytes of bf16 or f16, 32 of f32. In memory it is aligned to 16 bytes,
/// and element 0 comes first.
template <class T>
struct alignas(16) Octet {
  static_assert(sizeof(T) == 2 || sizeof(T) == 4, "elements of 2 or 4 bytes");
  static constexpr int elements = kRowVector;
  static constexpr int parts = elements * static_cast<int>(sizeof(T)) / 16;

  Words16 part[parts];
};

}  // namespace fusion
