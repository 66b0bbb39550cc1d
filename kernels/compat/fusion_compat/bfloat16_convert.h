#pragma once

#include "bits16.h"

struct __nv_bfloat16;
struct __nv_bfloat162;

namespace fusion_compat {
FUSION_COMPAT_BOTH unsigned short bits_of(const __nv_bfloat16& value);
FUSION_COMPAT_BOTH unsigned bits_of(const __nv_bfloat162& pair);
FUSION_COMPAT_BOTH float float_of(const __nv_bfloat16& value);
}  // namespace fusion_compat

#include "bfloat16_names.inc"

#include "float16_type.inc"

FUSION_COMPAT_BOTH float fusion_compat::float_of(const __nv_bfloat16& value) {
  return __uint_as_float(static_cast<unsigned>(bits_of(value)) << 16);
}

// Of float: by an instruction, or by the bits that are cut off.
FUSION_COMPAT_BOTH __nv_bfloat16 __float2bfloat16_rn(float value) {
#if FUSION_COMPAT_HAS_SM80
  unsigned short bits;
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(bits) : "f"(value));
  return fusion_compat::number_of<__nv_bfloat16>(bits);
#else
  unsigned wide = __float_as_uint(value);
  if ((wide & 0x7fffffff) > 0x7f800000) return fusion_compat::number_of<__nv_bfloat16>(0x7fff);
  return fusion_compat::number_of<__nv_bfloat16>(fusion_compat::high16(wide + 0x7fff + (wide >> 16 & 1)));
#endif
}
FUSION_COMPAT_BOTH __nv_bfloat16 __float2bfloat16_rz(float value) {
  unsigned wide = __float_as_uint(value);
  return fusion_compat::number_of<__nv_bfloat16>(
      (wide & 0x7fffffff) > 0x7f800000 ? 0x7fff : fusion_compat::high16(wide));
}
// Away from zero is the next number, which behind the greatest is infinity.
FUSION_COMPAT_BOTH __nv_bfloat16 __float2bfloat16_rd(float value) {
  unsigned wide = __float_as_uint(value);
  bool steps = (wide & 0xffff) != 0 && (wide & 0x80000000) != 0 && (wide & 0x7fffffff) < 0x7f800000;
  return __float2bfloat16_rz(steps ? __uint_as_float((wide & 0xffff0000) + 0x10000) : value);
}
FUSION_COMPAT_BOTH __nv_bfloat16 __float2bfloat16_ru(float value) {
  unsigned wide = __float_as_uint(value);
  bool steps = (wide & 0xffff) != 0 && (wide & 0x80000000) == 0 && wide < 0x7f800000;
  return __float2bfloat16_rz(steps ? __uint_as_float((wide & 0xffff0000) + 0x10000) : value);
}
FUSION_COMPAT_BOTH __nv_bfloat16 __float2bfloat16(float value) { return __float2bfloat16_rn(value); }
FUSION_COMPAT_BOTH float __bfloat162float(__nv_bfloat16 value) { return fusion_compat::float_of(value); }

// Of wider numbers: through a float that keeps whether anything is missing, so that it is rounded once.
// A NaN keeps its sign and the first bits of what it carries.
FUSION_COMPAT_BOTH __nv_bfloat16 __double2bfloat16(double value) {
  if (value != value) {
    unsigned high = static_cast<unsigned>(__double2hiint(value));
    return fusion_compat::number_of<__nv_bfloat16>(
        static_cast<unsigned short>(high >> 16 & 0x8000 | 0x7fc0 | high >> 13 & 0x3f));
  }
  return __float2bfloat16_rn(fusion_compat::with_sticky_bit(value));
}
#define FC_TO_BFLOAT16(word, type, constraint, ptx)                                         \
  FUSION_COMPAT_BOTH __nv_bfloat16 __##word##2bfloat16_rn(type value) {                     \
    float toward_zero;                                                                      \
    asm("cvt.rz.f32." ptx " %0, %1;" : "=f"(toward_zero) : constraint(value));              \
    type back;                                                                              \
    asm("cvt.rzi." ptx ".f32 %0, %1;" : "=" constraint(back) : "f"(toward_zero));           \
    return __float2bfloat16_rn(fusion_compat::with_sticky_bit(toward_zero, back == value)); \
  }                                                                                         \
  FC_TO_BFLOAT16_TOWARDS(word, rz, "rz", type, constraint, ptx)                             \
  FC_TO_BFLOAT16_TOWARDS(word, rd, "rm", type, constraint, ptx)                             \
  FC_TO_BFLOAT16_TOWARDS(word, ru, "rp", type, constraint, ptx)
#define FC_TO_BFLOAT16_TOWARDS(word, way, rounding, type, constraint, ptx)        \
  FUSION_COMPAT_BOTH __nv_bfloat16 __##word##2bfloat16_##way(type value) {        \
    float wide;                                                                   \
    asm("cvt." rounding ".f32." ptx " %0, %1;" : "=f"(wide) : constraint(value)); \
    return __float2bfloat16_##way(wide);                                          \
  }
FC_TO_BFLOAT16(short, short, "h", "s16")
FC_TO_BFLOAT16(ushort, unsigned short, "h", "u16")
FC_TO_BFLOAT16(int, int, "r", "s32")
FC_TO_BFLOAT16(uint, unsigned, "r", "u32")
FC_TO_BFLOAT16(ll, long long, "l", "s64")
FC_TO_BFLOAT16(ull, unsigned long long, "l", "u64")
#undef FC_TO_BFLOAT16_TOWARDS
#undef FC_TO_BFLOAT16

FUSION_COMPAT_BOTH __nv_bfloat162 __floats2bfloat162_rn(float low, float high) {
#if FUSION_COMPAT_HAS_SM80
  unsigned bits;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(bits) : "f"(high), "f"(low));
  return fusion_compat::pair_of<__nv_bfloat162>(bits);
#else
  return __nv_bfloat162(__float2bfloat16_rn(low), __float2bfloat16_rn(high));
#endif
}
FUSION_COMPAT_BOTH __nv_bfloat162 __float2bfloat162_rn(float value) {
  return __floats2bfloat162_rn(value, value);
}
FUSION_COMPAT_BOTH __nv_bfloat162 __float22bfloat162_rn(float2 pair) {
  return __floats2bfloat162_rn(pair.x, pair.y);
}

#include "float16_convert.inc"
#include "float16_names_end.inc"
