#pragma once

#include "bfloat16_convert.h"

namespace fusion_compat {
#define FC_IS(word, expression)                                         \
  FUSION_COMPAT_BOTH bool is_##word(__nv_bfloat16 p, __nv_bfloat16 q) { \
    float a = float_of(p), b = float_of(q);                             \
    return expression;                                                  \
  }
FC_IS(eq, a == b)
FC_IS(ne, a<b || a> b)
FC_IS(lt, a < b)
FC_IS(le, a <= b)
FC_IS(gt, a > b)
FC_IS(ge, a >= b)
FC_IS(equ, !(a < b || a > b))
FC_IS(neu, !(a == b))
FC_IS(ltu, !(a >= b))
FC_IS(leu, !(a > b))
FC_IS(gtu, !(a <= b))
FC_IS(geu, !(a < b))
#undef FC_IS
}  // namespace fusion_compat

#include "bfloat16_names.inc"

#include "float16_compare.inc"
#include "float16_memory.inc"
#include "float16_names_end.inc"

// The instructions make one NaN of all.
#if FUSION_COMPAT_HAS_SM80
#define FC_SIGN(name, instruction, mask, operation)                                \
  FUSION_COMPAT_BOTH __nv_bfloat16 name(__nv_bfloat16 a) {                         \
    unsigned short b;                                                              \
    asm(instruction ".bf16 %0, %1;" : "=h"(b) : "h"(fusion_compat::bits_of(a)));   \
    return fusion_compat::number_of<__nv_bfloat16>(b);                             \
  }                                                                                \
  FUSION_COMPAT_BOTH __nv_bfloat162 name##2(__nv_bfloat162 a) {                    \
    unsigned b;                                                                    \
    asm(instruction ".bf16x2 %0, %1;" : "=r"(b) : "r"(fusion_compat::bits_of(a))); \
    return fusion_compat::pair_of<__nv_bfloat162>(b);                              \
  }
#else
#define FC_SIGN(name, instruction, mask, operation)                                                         \
  FUSION_COMPAT_BOTH __nv_bfloat16 name(__nv_bfloat16 a) {                                                  \
    return fusion_compat::number_of<__nv_bfloat16>(__hisnan(a) ? 0x7fff                                     \
                                                               : fusion_compat::bits_of(a) operation mask); \
  }                                                                                                         \
  FUSION_COMPAT_BOTH __nv_bfloat162 name##2(__nv_bfloat162 a) { return __nv_bfloat162(name(a.x), name(a.y)); }
#endif
FC_SIGN(__hneg, "neg", 0x8000, ^)
FC_SIGN(__habs, "abs", 0x7fff, &)
#undef FC_SIGN

// sm_90 has all of it, sm_80 the fused multiply-add, of which the others are cases; older chips compute in
// float.
#if FUSION_COMPAT_HAS_SM80
#define FC_FMA(name, instruction)                                                                          \
  FUSION_COMPAT_BOTH __nv_bfloat16 name(__nv_bfloat16 a, __nv_bfloat16 b, __nv_bfloat16 c) {               \
    unsigned short d;                                                                                      \
    asm(instruction ".bf16 %0, %1, %2, %3;"                                                                \
        : "=h"(d)                                                                                          \
        : "h"(fusion_compat::bits_of(a)), "h"(fusion_compat::bits_of(b)), "h"(fusion_compat::bits_of(c))); \
    return fusion_compat::number_of<__nv_bfloat16>(d);                                                     \
  }
#define FC_FMA2(name, instruction)                                                                         \
  FUSION_COMPAT_BOTH __nv_bfloat162 name(__nv_bfloat162 a, __nv_bfloat162 b, __nv_bfloat162 c) {           \
    unsigned d;                                                                                            \
    asm(instruction ".bf16x2 %0, %1, %2, %3;"                                                              \
        : "=r"(d)                                                                                          \
        : "r"(fusion_compat::bits_of(a)), "r"(fusion_compat::bits_of(b)), "r"(fusion_compat::bits_of(c))); \
    return fusion_compat::pair_of<__nv_bfloat162>(d);                                                      \
  }
FC_FMA(__hfma, "fma.rn")
FC_FMA(__hfma_relu, "fma.rn.relu")
FC_FMA2(__hfma2, "fma.rn")
FC_FMA2(__hfma2_relu, "fma.rn.relu")
#undef FC_FMA
#undef FC_FMA2
#else
FUSION_COMPAT_BOTH __nv_bfloat16 __hfma(__nv_bfloat16 a, __nv_bfloat16 b, __nv_bfloat16 c) {
  return __float2bfloat16_rn(__fmaf_rn(__bfloat162float(a), __bfloat162float(b), __bfloat162float(c)));
}
FUSION_COMPAT_BOTH __nv_bfloat16 __hfma_relu(__nv_bfloat16 a, __nv_bfloat16 b, __nv_bfloat16 c) {
  return __hmax_nan(__hfma(a, b, c), fusion_compat::number_of<__nv_bfloat16>(0));
}
FUSION_COMPAT_BOTH __nv_bfloat162 __hfma2(__nv_bfloat162 a, __nv_bfloat162 b, __nv_bfloat162 c) {
  return __nv_bfloat162(__hfma(a.x, b.x, c.x), __hfma(a.y, b.y, c.y));
}
FUSION_COMPAT_BOTH __nv_bfloat162 __hfma2_relu(__nv_bfloat162 a, __nv_bfloat162 b, __nv_bfloat162 c) {
  return __nv_bfloat162(__hfma_relu(a.x, b.x, c.x), __hfma_relu(a.y, b.y, c.y));
}
#endif

#if FUSION_COMPAT_HAS_SM90
#define FC_BINARY(name, name2, instruction, p, q, r)                            \
  FUSION_COMPAT_BOTH __nv_bfloat16 name(__nv_bfloat16 a, __nv_bfloat16 b) {     \
    unsigned short c;                                                           \
    asm(instruction ".bf16 %0, %1, %2;"                                         \
        : "=h"(c)                                                               \
        : "h"(fusion_compat::bits_of(a)), "h"(fusion_compat::bits_of(b)));      \
    return fusion_compat::number_of<__nv_bfloat16>(c);                          \
  }                                                                             \
  FUSION_COMPAT_BOTH __nv_bfloat162 name2(__nv_bfloat162 a, __nv_bfloat162 b) { \
    unsigned c;                                                                 \
    asm(instruction ".bf16x2 %0, %1, %2;"                                       \
        : "=r"(c)                                                               \
        : "r"(fusion_compat::bits_of(a)), "r"(fusion_compat::bits_of(b)));      \
    return fusion_compat::pair_of<__nv_bfloat162>(c);                           \
  }
#else
#define FC_BINARY(name, name2, instruction, p, q, r)                                      \
  FUSION_COMPAT_BOTH __nv_bfloat16 name(__nv_bfloat16 a, __nv_bfloat16 b) {               \
    const __nv_bfloat16 one = fusion_compat::number_of<__nv_bfloat16>(0x3f80);            \
    const __nv_bfloat16 minus_one = fusion_compat::number_of<__nv_bfloat16>(0xbf80);      \
    const __nv_bfloat16 minus_zero = fusion_compat::number_of<__nv_bfloat16>(0x8000);     \
    (void)one, (void)minus_one, (void)minus_zero;                                         \
    return __hfma(p, q, r);                                                               \
  }                                                                                       \
  FUSION_COMPAT_BOTH __nv_bfloat162 name2(__nv_bfloat162 a, __nv_bfloat162 b) {           \
    const __nv_bfloat162 one = fusion_compat::pair_of<__nv_bfloat162>(0x3f803f80);        \
    const __nv_bfloat162 minus_one = fusion_compat::pair_of<__nv_bfloat162>(0xbf80bf80);  \
    const __nv_bfloat162 minus_zero = fusion_compat::pair_of<__nv_bfloat162>(0x80008000); \
    (void)one, (void)minus_one, (void)minus_zero;                                         \
    return __hfma2(p, q, r);                                                              \
  }
#endif
FC_BINARY(__hadd, __hadd2, "add", a, one, b)
FC_BINARY(__hsub, __hsub2, "sub", b, minus_one, a)
FC_BINARY(__hmul, __hmul2, "mul", a, b, minus_zero)
FC_BINARY(__hadd_rn, __hadd2_rn, "add.rn", a, one, b)
FC_BINARY(__hsub_rn, __hsub2_rn, "sub.rn", b, minus_one, a)
FC_BINARY(__hmul_rn, __hmul2_rn, "mul.rn", a, b, minus_zero)
#undef FC_BINARY

// Between 0 and 1; NaN is 0.
namespace fusion_compat {
FUSION_COMPAT_BOTH __nv_bfloat16 saturated(__nv_bfloat16 a) {
  return __hmin(__hmax(a, number_of<__nv_bfloat16>(0)), number_of<__nv_bfloat16>(0x3f80));
}
FUSION_COMPAT_BOTH __nv_bfloat162 saturated(__nv_bfloat162 a) {
  return __hmin2(__hmax2(a, pair_of<__nv_bfloat162>(0)), pair_of<__nv_bfloat162>(0x3f803f80));
}
}  // namespace fusion_compat
#define FC_SATURATED(type, name, function) \
  FUSION_COMPAT_BOTH type name(type a, type b) { return fusion_compat::saturated(function(a, b)); }
FC_SATURATED(__nv_bfloat16, __hadd_sat, __hadd)
FC_SATURATED(__nv_bfloat16, __hsub_sat, __hsub)
FC_SATURATED(__nv_bfloat16, __hmul_sat, __hmul)
FC_SATURATED(__nv_bfloat162, __hadd2_sat, __hadd2)
FC_SATURATED(__nv_bfloat162, __hsub2_sat, __hsub2)
FC_SATURATED(__nv_bfloat162, __hmul2_sat, __hmul2)
#undef FC_SATURATED
FUSION_COMPAT_BOTH __nv_bfloat16 __hfma_sat(__nv_bfloat16 a, __nv_bfloat16 b, __nv_bfloat16 c) {
  return fusion_compat::saturated(__hfma(a, b, c));
}
FUSION_COMPAT_BOTH __nv_bfloat162 __hfma2_sat(__nv_bfloat162 a, __nv_bfloat162 b, __nv_bfloat162 c) {
  return fusion_compat::saturated(__hfma2(a, b, c));
}

FUSION_COMPAT_BOTH __nv_bfloat16 __hdiv(__nv_bfloat16 a, __nv_bfloat16 b) {
  return __float2bfloat16_rn(__fdiv_rn(__bfloat162float(a), __bfloat162float(b)));
}
FUSION_COMPAT_BOTH __nv_bfloat162 __h2div(__nv_bfloat162 a, __nv_bfloat162 b) {
  return __nv_bfloat162(__hdiv(a.x, b.x), __hdiv(a.y, b.y));
}

/// a * b + c of complex numbers.
FUSION_COMPAT_BOTH __nv_bfloat162 __hcmadd(__nv_bfloat162 a, __nv_bfloat162 b, __nv_bfloat162 c) {
  __nv_bfloat16 real = __hfma(a.x, b.x, c.x);
  __nv_bfloat16 imaginary = __hfma(a.x, b.y, c.y);
  return __nv_bfloat162(__hfma(__hneg(a.y), b.y, real), __hfma(a.y, b.x, imaginary));
}

#include "bfloat16_names.inc"

#include "float16_operators.inc"
#include "float16_names_end.inc"

// Atomic sums, which return what was there before. Before sm_90 they exchange the word in which the number
// lies until nobody came between.
FUSION_COMPAT_DEVICE __nv_bfloat162 atomicAdd(__nv_bfloat162* place, __nv_bfloat162 value) {
  unsigned before;
#if FUSION_COMPAT_HAS_SM90
  asm volatile("{ atom.add.noftz.bf16x2 %0, [%1], %2; }"
               : "=r"(before)
               : "l"(place), "r"(fusion_compat::bits_of(value))
               : "memory");
#else
  unsigned* word = reinterpret_cast<unsigned*>(place);
  unsigned assumed;
  before = *word;
  do {
    assumed = before;
    before =
        atomicCAS(word, assumed,
                  fusion_compat::bits_of(__hadd2(fusion_compat::pair_of<__nv_bfloat162>(assumed), value)));
  } while (assumed != before);
#endif
  return fusion_compat::pair_of<__nv_bfloat162>(before);
}
FUSION_COMPAT_DEVICE __nv_bfloat16 atomicAdd(__nv_bfloat16* place, __nv_bfloat16 value) {
  unsigned short before;
#if FUSION_COMPAT_HAS_SM90
  asm volatile("{ atom.add.noftz.bf16 %0, [%1], %2; }"
               : "=h"(before)
               : "l"(place), "h"(fusion_compat::bits_of(value))
               : "memory");
#else
  unsigned short* word = reinterpret_cast<unsigned short*>(place);
  unsigned short assumed;
  before = *word;
  do {
    assumed = before;
    before =
        atomicCAS(word, assumed,
                  fusion_compat::bits_of(__hadd(fusion_compat::number_of<__nv_bfloat16>(assumed), value)));
  } while (assumed != before);
#endif
  return fusion_compat::number_of<__nv_bfloat16>(before);
}
