#pragma once

#include <fusion/norm/octets.cuh>
#include <fusion/norm/rms_norm.cuh>

// Norms of eight elements at a time, for every T; formulas in docs/numbers.md, step 3. Each operation is
// rounded on its own. Each thread acts for itself; no memory.

namespace fusion {

/// Sum of eight numbers: ((0,1),(2,3)),((4,5),(6,7)).
__device__ __forceinline__ float sum_of(const float (&e)[8]) {
  return __fadd_rn(__fadd_rn(__fadd_rn(e[0], e[1]), __fadd_rn(e[2], e[3])),
                   __fadd_rn(__fadd_rn(e[4], e[5]), __fadd_rn(e[6], e[7])));
}

/// Sum of the squares of eight numbers in the same order, the odd one of a pair squared and added in one
/// rounding.
__device__ __forceinline__ float sum_of_squares(const float (&e)[8]) {
  float pair[4];
#pragma unroll
  for (int i = 0; i < 4; i++) pair[i] = __fmaf_rn(e[2 * i + 1], e[2 * i + 1], __fmul_rn(e[2 * i], e[2 * i]));
  return __fadd_rn(__fadd_rn(pair[0], pair[1]), __fadd_rn(pair[2], pair[3]));
}

/// RMSNorm.
template <class T>
__device__ __forceinline__ Octet<T> rms_norm_octet(const float (&h)[8], float rstd, const Octet<T>& gamma,
                                                   float weight_bias) {
  float weight[8], n[8];
  widen(gamma, weight);
#pragma unroll
  for (int i = 0; i < 8; i++) n[i] = __fmul_rn(__fmul_rn(h[i], rstd), __fadd_rn(weight_bias, weight[i]));
  return round_octet<T>(n);
}

/// RMSNorm that rounds before the weight and after it.
template <class T>
__device__ __forceinline__ Octet<T> rms_norm_octet_rounded_twice(const float (&h)[8], float rstd,
                                                                 const Octet<T>& gamma, float weight_bias) {
  float weight[8], n[8];
  widen(gamma, weight);
#pragma unroll
  for (int i = 0; i < 8; i++) n[i] = __fmul_rn(h[i], rstd);
  widen(round_octet<T>(n), n);
#pragma unroll
  for (int i = 0; i < 8; i++) n[i] = __fmul_rn(n[i], __fadd_rn(weight_bias, weight[i]));
  return round_octet<T>(n);
}

/// LayerNorm of the deviations d = h - mean.
template <class T>
__device__ __forceinline__ Octet<T> layer_norm_octet(const float (&d)[8], float rstd, const Octet<T>& gamma,
                                                     float weight_bias, const float (&beta)[8]) {
  float weight[8], n[8];
  widen(gamma, weight);
#pragma unroll
  for (int i = 0; i < 8; i++)
    n[i] = __fmaf_rn(__fmul_rn(d[i], rstd), __fadd_rn(weight_bias, weight[i]), beta[i]);
  return round_octet<T>(n);
}

}  // namespace fusion
