#pragma once

#include <fusion/base/architecture.cuh>

// Integers of a known size. NVRTC has no <stdint.h>, and long is 8 bytes on Linux but 4 on Windows, so all
// are built on char, short, int and long long.

namespace fusion {

using i8 = signed char;
using i16 = short;
using i32 = int;
using i64 = long long;
using u8 = unsigned char;
using u16 = unsigned short;
using u32 = unsigned int;
using u64 = unsigned long long;

static_assert(sizeof(i8) == 1 && sizeof(u8) == 1, "char is 1 byte");
static_assert(sizeof(i16) == 2 && sizeof(u16) == 2, "short is 2 bytes");
static_assert(sizeof(i32) == 4 && sizeof(u32) == 4, "int is 4 bytes");
static_assert(sizeof(i64) == 8 && sizeof(u64) == 8, "long long is 8 bytes");

}  // namespace fusion
