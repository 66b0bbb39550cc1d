#pragma once

#include "bits16.h"

struct __half;
struct __half2;

namespace fusion_compat {
FUSION_COMPAT_BOTH unsigned short bits_of(const __half& value);
FUSION_COMPAT_BOTH unsigned bits_of(const __half2& pair);
FUSION_COMPAT_BOTH float float_of(const __half& value);
}  // namespace fusion_compat

#include "half_names.inc"

#include "float16_type.inc"

FUSION_COMPAT_BOTH float fusion_compat::float_of(const __half& value) {
  float wide;
  asm("cvt.f32.f16 %0, %1;" : "=f"(wide) : "h"(fusion_compat::bits_of(value)));
  return wide;
}

#define FC_TO_HALF(name, type, constraint, rounding, ptx)                         \
  FUSION_COMPAT_BOTH __half name(type value) {                                    \
    unsigned short bits;                                                          \
    asm("cvt." rounding ".f16." ptx " %0, %1;" : "=h"(bits) : constraint(value)); \
    return fusion_compat::number_of<__half>(bits);                                \
  }
#define FC_TO_HALF_IN_EACH_WAY(word, type, constraint, ptx)   \
  FC_TO_HALF(__##word##2half_rn, type, constraint, "rn", ptx) \
  FC_TO_HALF(__##word##2half_rz, type, constraint, "rz", ptx) \
  FC_TO_HALF(__##word##2half_rd, type, constraint, "rm", ptx) \
  FC_TO_HALF(__##word##2half_ru, type, constraint, "rp", ptx)

FC_TO_HALF(__float2half, float, "f", "rn", "f32")
FC_TO_HALF(__double2half, double, "d", "rn", "f64")
FC_TO_HALF_IN_EACH_WAY(float, float, "f", "f32")
FC_TO_HALF_IN_EACH_WAY(short, short, "h", "s16")
FC_TO_HALF_IN_EACH_WAY(ushort, unsigned short, "h", "u16")
FC_TO_HALF_IN_EACH_WAY(int, int, "r", "s32")
FC_TO_HALF_IN_EACH_WAY(uint, unsigned, "r", "u32")
FC_TO_HALF_IN_EACH_WAY(ll, long long, "l", "s64")
FC_TO_HALF_IN_EACH_WAY(ull, unsigned long long, "l", "u64")
#undef FC_TO_HALF_IN_EACH_WAY
#undef FC_TO_HALF

FUSION_COMPAT_BOTH float __half2float(__half value) { return fusion_compat::float_of(value); }
FUSION_COMPAT_BOTH __half2 __floats2half2_rn(float low, float high) {
#if FUSION_COMPAT_HAS_SM80
  unsigned bits;
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(bits) : "f"(high), "f"(low));
  return fusion_compat::pair_of<__half2>(bits);
#else
  return __half2(__float2half_rn(low), __float2half_rn(high));
#endif
}
FUSION_COMPAT_BOTH __half2 __float2half2_rn(float value) { return __floats2half2_rn(value, value); }
FUSION_COMPAT_BOTH __half2 __float22half2_rn(float2 pair) { return __floats2half2_rn(pair.x, pair.y); }

#include "float16_convert.inc"
#include "float16_names_end.inc"
