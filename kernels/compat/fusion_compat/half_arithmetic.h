#pragma once

#include "half_convert.h"

// One instruction each, for numbers and for pairs.
#define FC_UNARY(name, instruction)                                         \
  FUSION_COMPAT_BOTH __half name(__half a) {                                \
    unsigned short c;                                                       \
    asm(instruction " %0, %1;" : "=h"(c) : "h"(fusion_compat::bits_of(a))); \
    return fusion_compat::number_of<__half>(c);                             \
  }
#define FC_BINARY(name, instruction)                                       \
  FUSION_COMPAT_BOTH __half name(__half a, __half b) {                     \
    unsigned short c;                                                      \
    asm(instruction " %0, %1, %2;"                                         \
        : "=h"(c)                                                          \
        : "h"(fusion_compat::bits_of(a)), "h"(fusion_compat::bits_of(b))); \
    return fusion_compat::number_of<__half>(c);                            \
  }
#define FC_TERNARY(name, instruction)                                                                      \
  FUSION_COMPAT_BOTH __half name(__half a, __half b, __half c) {                                           \
    unsigned short d;                                                                                      \
    asm(instruction " %0, %1, %2, %3;"                                                                     \
        : "=h"(d)                                                                                          \
        : "h"(fusion_compat::bits_of(a)), "h"(fusion_compat::bits_of(b)), "h"(fusion_compat::bits_of(c))); \
    return fusion_compat::number_of<__half>(d);                                                            \
  }
#define FC_UNARY2(name, instruction)                                        \
  FUSION_COMPAT_BOTH __half2 name(__half2 a) {                              \
    unsigned c;                                                             \
    asm(instruction " %0, %1;" : "=r"(c) : "r"(fusion_compat::bits_of(a))); \
    return fusion_compat::pair_of<__half2>(c);                              \
  }
#define FC_BINARY2(name, instruction)                                      \
  FUSION_COMPAT_BOTH __half2 name(__half2 a, __half2 b) {                  \
    unsigned c;                                                            \
    asm(instruction " %0, %1, %2;"                                         \
        : "=r"(c)                                                          \
        : "r"(fusion_compat::bits_of(a)), "r"(fusion_compat::bits_of(b))); \
    return fusion_compat::pair_of<__half2>(c);                             \
  }
#define FC_TERNARY2(name, instruction)                                                                     \
  FUSION_COMPAT_BOTH __half2 name(__half2 a, __half2 b, __half2 c) {                                       \
    unsigned d;                                                                                            \
    asm(instruction " %0, %1, %2, %3;"                                                                     \
        : "=r"(d)                                                                                          \
        : "r"(fusion_compat::bits_of(a)), "r"(fusion_compat::bits_of(b)), "r"(fusion_compat::bits_of(c))); \
    return fusion_compat::pair_of<__half2>(d);                                                             \
  }

FC_UNARY(__hneg, "neg.f16")
FC_UNARY(__habs, "abs.f16")
FC_UNARY(htrunc, "cvt.rzi.f16.f16")
FC_UNARY(hceil, "cvt.rpi.f16.f16")
FC_UNARY(hfloor, "cvt.rmi.f16.f16")
FC_UNARY(hrint, "cvt.rni.f16.f16")
FC_UNARY2(__hneg2, "neg.f16x2")
FC_UNARY2(__habs2, "abs.f16x2")

// Those without a rounding may become a part of a fused multiply-add; those that say rn never do.
FC_BINARY(__hadd, "add.f16")
FC_BINARY(__hsub, "sub.f16")
FC_BINARY(__hmul, "mul.f16")
FC_BINARY(__hadd_rn, "add.rn.f16")
FC_BINARY(__hsub_rn, "sub.rn.f16")
FC_BINARY(__hmul_rn, "mul.rn.f16")
FC_BINARY(__hadd_sat, "add.sat.f16")
FC_BINARY(__hsub_sat, "sub.sat.f16")
FC_BINARY(__hmul_sat, "mul.sat.f16")
FC_TERNARY(__hfma, "fma.rn.f16")
FC_TERNARY(__hfma_sat, "fma.rn.sat.f16")
FC_BINARY2(__hadd2, "add.f16x2")
FC_BINARY2(__hsub2, "sub.f16x2")
FC_BINARY2(__hmul2, "mul.f16x2")
FC_BINARY2(__hadd2_rn, "add.rn.f16x2")
FC_BINARY2(__hsub2_rn, "sub.rn.f16x2")
FC_BINARY2(__hmul2_rn, "mul.rn.f16x2")
FC_BINARY2(__hadd2_sat, "add.sat.f16x2")
FC_BINARY2(__hsub2_sat, "sub.sat.f16x2")
FC_BINARY2(__hmul2_sat, "mul.sat.f16x2")
FC_TERNARY2(__hfma2, "fma.rn.f16x2")
FC_TERNARY2(__hfma2_sat, "fma.rn.sat.f16x2")

namespace fusion_compat {
#define FC_IS(word, ptx)                                                      \
  FUSION_COMPAT_BOTH bool is_##word(__half a, __half b) {                     \
    unsigned short c;                                                         \
    asm("{ .reg .pred p; setp." ptx ".f16 p, %1, %2; selp.u16 %0, 1, 0, p; }" \
        : "=h"(c)                                                             \
        : "h"(bits_of(a)), "h"(bits_of(b)));                                  \
    return c != 0;                                                            \
  }
FC_IS(eq, "eq")
FC_IS(ne, "ne")
FC_IS(lt, "lt")
FC_IS(le, "le")
FC_IS(gt, "gt")
FC_IS(ge, "ge")
FC_IS(equ, "equ")
FC_IS(neu, "neu")
FC_IS(ltu, "ltu")
FC_IS(leu, "leu")
FC_IS(gtu, "gtu")
FC_IS(geu, "geu")
#undef FC_IS
}  // namespace fusion_compat

#include "half_names.inc"

#include "float16_compare.inc"
#include "float16_memory.inc"
#include "float16_names_end.inc"

#if FUSION_COMPAT_HAS_SM80
FC_TERNARY(__hfma_relu, "fma.rn.relu.f16")
FC_TERNARY2(__hfma2_relu, "fma.rn.relu.f16x2")
#else
FUSION_COMPAT_BOTH __half __hfma_relu(__half a, __half b, __half c) {
  return __hmax_nan(__hfma(a, b, c), fusion_compat::number_of<__half>(0));
}
FUSION_COMPAT_BOTH __half2 __hfma2_relu(__half2 a, __half2 b, __half2 c) {
  return __hmax2_nan(__hfma2(a, b, c), fusion_compat::pair_of<__half2>(0));
}
#endif
#undef FC_UNARY
#undef FC_BINARY
#undef FC_TERNARY
#undef FC_UNARY2
#undef FC_BINARY2
#undef FC_TERNARY2

/// Quotient by a reciprocal. A small quotient is corrected by its remainder, since half has more bits there
/// than the error of the reciprocal leaves.
FUSION_COMPAT_BOTH __half __hdiv(__half a, __half b) {
  float dividend = __half2float(a), divisor = __half2float(b), reciprocal;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(reciprocal) : "f"(divisor));
  float quotient = __fmul_rn(reciprocal, dividend);
  unsigned short magnitude = fusion_compat::bits_of(__float2half_rn(quotient)) & 0x7fff;
  if (magnitude != 0 && magnitude < 0x008f) {
    float remainder = __fmaf_rn(-divisor, quotient, dividend);
    quotient = __fmaf_rn(reciprocal, remainder, quotient);
  }
  return __float2half_rn(quotient);
}
FUSION_COMPAT_BOTH __half2 __h2div(__half2 a, __half2 b) {
  return __half2(__hdiv(a.x, b.x), __hdiv(a.y, b.y));
}

/// a * b + c of complex numbers.
FUSION_COMPAT_BOTH __half2 __hcmadd(__half2 a, __half2 b, __half2 c) {
  __half real = __hfma(a.x, b.x, c.x);
  __half imaginary = __hfma(a.x, b.y, c.y);
  return __half2(__hfma(__hneg(a.y), b.y, real), __hfma(a.y, b.x, imaginary));
}

#include "half_names.inc"

#include "float16_operators.inc"
#include "float16_names_end.inc"

// Atomic sums, which return what was there before.
FUSION_COMPAT_DEVICE __half2 atomicAdd(__half2* place, __half2 value) {
  unsigned before;
  asm volatile("{ atom.add.noftz.f16x2 %0, [%1], %2; }"
               : "=r"(before)
               : "l"(place), "r"(fusion_compat::bits_of(value))
               : "memory");
  return fusion_compat::pair_of<__half2>(before);
}
FUSION_COMPAT_DEVICE __half atomicAdd(__half* place, __half value) {
  unsigned short before;
  asm volatile("{ atom.add.noftz.f16 %0, [%1], %2; }"
               : "=h"(before)
               : "l"(place), "h"(fusion_compat::bits_of(value))
               : "memory");
  return fusion_compat::number_of<__half>(before);
}
