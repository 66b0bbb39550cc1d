#pragma once

#include "float_functions.h"
#include "half_arithmetic.h"

// Functions of half by the GPU's approximations of float. Where the exact value lies so close to the middle
// of two halfs that the approximation falls on the other side, the result is corrected by one unit in its
// last place.

namespace fusion_compat {

FUSION_COMPAT_BOTH __half corrected(__half result, unsigned short bits, unsigned short where,
                                    unsigned short unit) {
  return bits == where ? __hadd_rn(result, number_of<__half>(unit)) : result;
}

}  // namespace fusion_compat

FUSION_COMPAT_BOTH __half hsqrt(__half a) {
  return __float2half_rn(fusion_compat::sqrt_ftz(__half2float(a)));
}
FUSION_COMPAT_BOTH __half hrsqrt(__half a) {
  return __float2half_rn(fusion_compat::rsqrt_ftz(__half2float(a)));
}
FUSION_COMPAT_BOTH __half hrcp(__half a) { return __float2half_rn(fusion_compat::rcp_ftz(__half2float(a))); }

FUSION_COMPAT_BOTH __half hexp2(__half a) {
  float power = fusion_compat::exp2_ftz(__half2float(a));
  return __float2half_rn(__fmaf_rn(power, __uint_as_float(0x33800000), power));
}
FUSION_COMPAT_BOTH __half hexp(__half a) {
  float exponent = __fmaf_rn(__half2float(a), __uint_as_float(0x3fb8aa3b), -0.0f);
  __half power = __float2half_rn(fusion_compat::exp2_ftz(exponent));
  unsigned short bits = fusion_compat::bits_of(a);
  power = fusion_compat::corrected(power, bits, 0x1f79, 0x9400);
  power = fusion_compat::corrected(power, bits, 0x25cf, 0x9400);
  power = fusion_compat::corrected(power, bits, 0xc13b, 0x0400);
  return fusion_compat::corrected(power, bits, 0xc1ef, 0x0200);
}
FUSION_COMPAT_BOTH __half hexp10(__half a) {
  float exponent = __fmaf_rn(__half2float(a), __uint_as_float(0x40549a78), -0.0f);
  __half power = __float2half_rn(fusion_compat::exp2_ftz(exponent));
  unsigned short bits = fusion_compat::bits_of(a);
  power = fusion_compat::corrected(power, bits, 0x34de, 0x9800);
  power = fusion_compat::corrected(power, bits, 0x9766, 0x9000);
  power = fusion_compat::corrected(power, bits, 0x9972, 0x1000);
  power = fusion_compat::corrected(power, bits, 0xa5c4, 0x1000);
  return fusion_compat::corrected(power, bits, 0xbf0a, 0x8100);
}
FUSION_COMPAT_BOTH __half hlog2(__half a) {
  __half logarithm = __float2half_rn(fusion_compat::log2_ftz(__half2float(a)));
  logarithm = fusion_compat::corrected(logarithm, fusion_compat::bits_of(logarithm), 0xa2e2, 0x8080);
  return fusion_compat::corrected(logarithm, fusion_compat::bits_of(logarithm), 0xbf46, 0x9400);
}
FUSION_COMPAT_BOTH __half hlog(__half a) {
  float wide = __fmul_rn(fusion_compat::log2_ftz(__half2float(a)), __uint_as_float(0x3f317218));
  __half logarithm = __float2half_rn(wide);
  unsigned short bits = fusion_compat::bits_of(a);
  logarithm = fusion_compat::corrected(logarithm, bits, 0x160d, 0x9c00);
  logarithm = fusion_compat::corrected(logarithm, bits, 0x3bfe, 0x8010);
  logarithm = fusion_compat::corrected(logarithm, bits, 0x3c0b, 0x8080);
  return fusion_compat::corrected(logarithm, bits, 0x6051, 0x1c00);
}
FUSION_COMPAT_BOTH __half hlog10(__half a) {
  float wide = __fmul_rn(fusion_compat::log2_ftz(__half2float(a)), __uint_as_float(0x3e9a209b));
  __half logarithm = __float2half_rn(wide);
  unsigned short bits = fusion_compat::bits_of(a);
  logarithm = fusion_compat::corrected(logarithm, bits, 0x338f, 0x1000);
  logarithm = fusion_compat::corrected(logarithm, bits, 0x33f8, 0x9000);
  logarithm = fusion_compat::corrected(logarithm, bits, 0x57e1, 0x9800);
  return fusion_compat::corrected(logarithm, bits, 0x719d, 0x9c00);
}

// Sine and cosine by magnitude, and the sign behind.
FUSION_COMPAT_BOTH __half hsin(__half a) {
  unsigned short magnitude = fusion_compat::bits_of(a) & 0x7fff, sign = fusion_compat::bits_of(a) & 0x8000;
  __half value =
      __float2half_rn(fusion_compat::sine(__half2float(fusion_compat::number_of<__half>(magnitude))));
  value = fusion_compat::corrected(value, magnitude, 0x32b3, 0x0800);
  value = fusion_compat::corrected(value, magnitude, 0x5cb0, 0x1000);
  unsigned short bits = fusion_compat::bits_of(value);
  return fusion_compat::number_of<__half>(bits == 0x7fff ? bits : bits ^ sign);
}
FUSION_COMPAT_BOTH __half hcos(__half a) {
  __half value = __float2half_rn(fusion_compat::cosine(__half2float(a)));
  return fusion_compat::corrected(value, fusion_compat::bits_of(a) & 0x7fff, 0x2b7c, 0x1000);
}
FUSION_COMPAT_BOTH __half htanh(__half a) {
  return __float2half_rn(fusion_compat::hyperbolic_tangent(__half2float(a)));
}
FUSION_COMPAT_BOTH __half htanh_approx(__half a) {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 750
  unsigned short bits;
  asm("tanh.approx.f16 %0, %1;" : "=h"(bits) : "h"(fusion_compat::bits_of(a)));
  return fusion_compat::number_of<__half>(bits);
#else
  return htanh(a);
#endif
}
FUSION_COMPAT_BOTH __half2 h2tanh_approx(__half2 a) { return __half2(htanh_approx(a.x), htanh_approx(a.y)); }

#define FC_OF_PAIR(name) \
  FUSION_COMPAT_BOTH __half2 h2##name(__half2 a) { return __half2(h##name(a.x), h##name(a.y)); }
FC_OF_PAIR(sqrt)
FC_OF_PAIR(rsqrt)
FC_OF_PAIR(rcp)
FC_OF_PAIR(exp2)
FC_OF_PAIR(exp)
FC_OF_PAIR(exp10)
FC_OF_PAIR(log2)
FC_OF_PAIR(log)
FC_OF_PAIR(log10)
FC_OF_PAIR(sin)
FC_OF_PAIR(cos)
FC_OF_PAIR(tanh)
FC_OF_PAIR(trunc)
FC_OF_PAIR(ceil)
FC_OF_PAIR(floor)
FC_OF_PAIR(rint)
#undef FC_OF_PAIR
