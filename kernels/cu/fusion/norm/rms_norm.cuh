#pragma once

#include <fusion/base/bf16.cuh>
#include <fusion/base/vec16.cuh>
#include <fusion/norm/row_sum.cuh>
#include <fusion/norm/rsqrt.cuh>
#include <fusion/ptx/convert.cuh>

// RMSNorm of one row h of H elements:
//   rstd = rsqrt_rn(sum(h^2) / H + epsilon)         float; the sum is row_sum of sum_of_squares
//   n = round_T(h * rstd * (bias + gamma))          multiplied from left to right
// Every operation is rounded on its own (__fmul_rn and its kin are never fused with others), so C# that does
// the same gets the same bits. Each thread acts for itself; no memory. The option FastMath flushes subnormal
// numbers to 0 here; nothing else of it reaches these functions.

namespace fusion {

/// Sum of the squares of 8 elements, added as ((0,1),(2,3)),((4,5),(6,7)), where the odd one of a pair is
/// squared and added in one rounding. Squares of bf16 are exact in float.
__device__ __forceinline__ float sum_of_squares(const Vec16<bf16>& vector) {
  float pair[4];
#pragma unroll
  for (int i = 0; i < 4; i++) {
    const float even = to_float(vector.items[2 * i]);
    const float odd = to_float(vector.items[2 * i + 1]);
    pair[i] = __fmaf_rn(odd, odd, __fmul_rn(even, even));
  }
  return __fadd_rn(__fadd_rn(pair[0], pair[1]), __fadd_rn(pair[2], pair[3]));
}

/// Reciprocal root of the mean square of `hidden` elements, whose squares have the sum `squares`.
__device__ __forceinline__ float rms_norm_rstd(float squares, int hidden, float epsilon) {
  return rsqrt_rn(__fadd_rn(__fdiv_rn(squares, static_cast<float>(hidden)), epsilon));
}

/// The norm of one element. `bias` is 0, or 1 for weights stored as gamma - 1, as Gemma's are.
template <class T>
__device__ __forceinline__ T rms_norm_element(T h, float rstd, T gamma, float bias) {
  return ptx::round_to<T>(__fmul_rn(__fmul_rn(to_float(h), rstd), __fadd_rn(bias, to_float(gamma))));
}

/// The norm of 16 bytes of elements.
template <class T>
__device__ __forceinline__ Vec16<T> rms_norm_vector(const Vec16<T>& h, float rstd, const Vec16<T>& gamma,
                                                    float bias) {
  Vec16<T> n;
#pragma unroll
  for (int i = 0; i < Vec16<T>::size; i++)
    n.items[i] = rms_norm_element(h.items[i], rstd, gamma.items[i], bias);
  return n;
}

}  // namespace fusion
