#pragma once

#include "bfloat16_arithmetic.h"
#include "float_functions.h"

// Functions of bfloat16: a float's approximation, rounded.

#define FC_OF_FLOAT(name, expression)                            \
  FUSION_COMPAT_BOTH __nv_bfloat16 h##name(__nv_bfloat16 a) {    \
    float x = __bfloat162float(a);                               \
    return __float2bfloat16_rn(expression);                      \
  }                                                              \
  FUSION_COMPAT_BOTH __nv_bfloat162 h2##name(__nv_bfloat162 a) { \
    return __nv_bfloat162(h##name(a.x), h##name(a.y));           \
  }

namespace fusion_compat {
FUSION_COMPAT_BOTH float integer_nearest(float x) {
  float y;
  asm("cvt.rni.f32.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}
FUSION_COMPAT_BOTH float integer_towards_zero(float x) {
  float y;
  asm("cvt.rzi.f32.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}
FUSION_COMPAT_BOTH float integer_above(float x) {
  float y;
  asm("cvt.rpi.f32.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}
FUSION_COMPAT_BOTH float integer_below(float x) {
  float y;
  asm("cvt.rmi.f32.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}
/// Where the argument is one of two at which the approximation is rounded to the wrong side: the next
/// bfloat16, or the one before.
FUSION_COMPAT_BOTH float nudged(float value, __nv_bfloat16 argument, unsigned short first,
                                unsigned short second, int step) {
  unsigned short bits = bits_of(argument);
  unsigned rounded = static_cast<unsigned>(bits_of(__float2bfloat16_rn(value))) << 16;
  return bits == first || bits == second ? __uint_as_float(rounded + static_cast<unsigned>(step)) : value;
}
}  // namespace fusion_compat

FC_OF_FLOAT(sqrt, fusion_compat::sqrt_full(x))
FC_OF_FLOAT(rsqrt, fusion_compat::rsqrt_full(x))
FC_OF_FLOAT(rcp, fusion_compat::rcp_full(x))
FC_OF_FLOAT(exp2, fusion_compat::exp2_full(x))
FC_OF_FLOAT(exp, fusion_compat::nudged(fusion_compat::exp2_full(__fmul_rn(x, __uint_as_float(0x3fb8aa3b))), a,
                                       0x40db, 0x41f9, 0x10000))
FC_OF_FLOAT(exp10, fusion_compat::nudged(fusion_compat::exp2_full(__fmul_rn(x, __uint_as_float(0x40549a78))),
                                         a, 0xbc95, 0xbc95, -0x10000))
FC_OF_FLOAT(log2, fusion_compat::log2_full(x))
FC_OF_FLOAT(log, __fmul_rn(fusion_compat::log2_full(x), __uint_as_float(0x3f317218)))
FC_OF_FLOAT(log10, __fmul_rn(fusion_compat::log2_full(x), __uint_as_float(0x3e9a209b)))
FC_OF_FLOAT(sin, sinf(x))
FC_OF_FLOAT(cos, cosf(x))
FC_OF_FLOAT(tanh, fusion_compat::hyperbolic_tangent(x))
FC_OF_FLOAT(trunc, fusion_compat::integer_towards_zero(x))
FC_OF_FLOAT(ceil, fusion_compat::integer_above(x))
FC_OF_FLOAT(floor, fusion_compat::integer_below(x))
FC_OF_FLOAT(rint, fusion_compat::integer_nearest(x))
#undef FC_OF_FLOAT

FUSION_COMPAT_BOTH __nv_bfloat16 htanh_approx(__nv_bfloat16 a) {
#if FUSION_COMPAT_HAS_SM90
  unsigned short bits;
  asm("tanh.approx.bf16 %0, %1;" : "=h"(bits) : "h"(fusion_compat::bits_of(a)));
  return fusion_compat::number_of<__nv_bfloat16>(bits);
#elif FUSION_COMPAT_HAS_SM80
  float y;
  asm("tanh.approx.f32 %0, %1;" : "=f"(y) : "f"(__bfloat162float(a)));
  return __float2bfloat16_rn(y);
#else
  return htanh(a);
#endif
}
FUSION_COMPAT_BOTH __nv_bfloat162 h2tanh_approx(__nv_bfloat162 a) {
  return __nv_bfloat162(htanh_approx(a.x), htanh_approx(a.y));
}
