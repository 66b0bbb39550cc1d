#pragma once

#include "base.h"

// Approximations of float as the GPU's instructions make them, whatever options say about subnormal numbers.

namespace fusion_compat {

#define FC_APPROXIMATION(name, instruction)         \
  FUSION_COMPAT_BOTH float name(float x) {          \
    float y;                                        \
    asm(instruction " %0, %1;" : "=f"(y) : "f"(x)); \
    return y;                                       \
  }
FC_APPROXIMATION(exp2_ftz, "ex2.approx.ftz.f32")
FC_APPROXIMATION(log2_ftz, "lg2.approx.ftz.f32")
FC_APPROXIMATION(sqrt_ftz, "sqrt.approx.ftz.f32")
FC_APPROXIMATION(rsqrt_ftz, "rsqrt.approx.ftz.f32")
FC_APPROXIMATION(rcp_ftz, "rcp.approx.ftz.f32")
FC_APPROXIMATION(exp2_full, "ex2.approx.f32")
FC_APPROXIMATION(log2_full, "lg2.approx.f32")
FC_APPROXIMATION(sqrt_full, "sqrt.approx.f32")
FC_APPROXIMATION(rsqrt_full, "rsqrt.approx.f32")
FC_APPROXIMATION(rcp_full, "rcp.approx.f32")
#undef FC_APPROXIMATION

/// The angle less a multiple of a quarter turn, and in quarter how many quarter turns that is; up to some
/// 1e5.
FUSION_COMPAT_BOTH float reduced_angle(float x, int& quarter) {
  float turns;
  asm("cvt.rni.f32.f32 %0, %1;" : "=f"(turns) : "f"(__fmul_rn(x, 0.636619747f)));
  quarter = static_cast<int>(turns);
  float y = __fmaf_rn(turns, -1.57079625f, x);
  y = __fmaf_rn(turns, -7.54978942e-8f, y);
  return __fmaf_rn(turns, -5.39030295e-15f, y);
}

/// Sine of an angle within an eighth of a turn either way, or its cosine; both negative where asked.
FUSION_COMPAT_BOTH float wave(float y, int quarter) {
  float square = __fmul_rn(y, y);
  float value;
  if (quarter & 1) {
    float c = __fmaf_rn(2.44331571e-5f, square, -1.38873162e-3f);
    c = __fmaf_rn(c, square, 4.16666456e-2f);
    c = __fmaf_rn(c, square, -0.5f);
    value = __fmaf_rn(c, square, 1.0f);
  } else {
    float s = __fmaf_rn(-1.95152959e-4f, square, 8.33216087e-3f);
    s = __fmaf_rn(s, square, -1.66666546e-1f);
    value = __fmaf_rn(__fmul_rn(s, square), y, y);
  }
  return quarter & 2 ? -value : value;
}

FUSION_COMPAT_BOTH float sine(float x) {
  int quarter;
  float y = reduced_angle(x, quarter);
  return wave(y, quarter);
}
FUSION_COMPAT_BOTH float cosine(float x) {
  int quarter;
  float y = reduced_angle(x, quarter);
  return wave(y, quarter + 1);
}

/// Hyperbolic tangent: by a polynomial near 0, where the quotient would lose bits.
FUSION_COMPAT_BOTH float hyperbolic_tangent(float x) {
  float magnitude = __uint_as_float(__float_as_uint(x) & 0x7fffffff);
  if (magnitude == 0.0f) return x;
  if (magnitude >= 0.55f) {
    float power = exp2_ftz(__fmul_rn(magnitude, 2.885390082f));
    float value = __fmaf_rn(rcp_ftz(__fadd_rn(power, 1.0f)), -2.0f, 1.0f);
    if (magnitude >= 9.5f) value = 1.0f;
    return __uint_as_float(__float_as_uint(value) | (__float_as_uint(x) & 0x80000000));
  }
  float square = __fmul_rn(x, x);
  float p = __fmaf_rn(1.57296e-2f, square, -5.23025624e-2f);
  p = __fmaf_rn(p, square, 1.33152977e-1f);
  p = __fmaf_rn(p, square, -3.33327681e-1f);
  return __fmaf_rn(__fmul_rn(p, square), x, x);
}

}  // namespace fusion_compat
