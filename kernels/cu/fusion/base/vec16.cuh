#pragma once

#include <fusion/base/integers.cuh>

namespace fusion {

/// 16 bytes in four registers: what one thread moves in one access to memory.
struct alignas(16) Words16 {
  u32 w[4];
};

/// 16 bytes as elements of type T, 8 for bf16. In memory it is aligned to 16 bytes, element 0 first.
/// T has no constructor of its own. `words` and `items` are the same bits.
template <class T>
union alignas(16) Vec16 {
  static_assert(16 % sizeof(T) == 0, "elements fill 16 bytes");
  static constexpr int size = 16 / sizeof(T);

  Words16 words;
  T items[size];
};

static_assert(sizeof(Words16) == 16 && alignof(Words16) == 16, "Words16 is 16 bytes");
static_assert(sizeof(Vec16<u16>) == 16 && alignof(Vec16<u16>) == 16, "Vec16 is 16 bytes");

}  // namespace fusion
