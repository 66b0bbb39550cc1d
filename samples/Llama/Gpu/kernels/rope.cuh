#pragma once

#include <fusion/norm/octets.cuh>
#include <fusion/norm/rms_norm.cuh>

// RoPE of queries and keys, and the norms of heads ahead of it.

namespace llama {

using namespace fusion;

/// Angles of eight pairs: cosine and sine, which the host computed.
struct Turn {
  float cosine[8], sine[8];

  __device__ __forceinline__ void load(const float* pairs) {
#pragma unroll
    for (int i = 0; i < 4; i++) {
      const Words16 words = ptx::ld_global_nc(reinterpret_cast<const Words16*>(pairs) + i);
#pragma unroll
      for (int j = 0; j < 2; j++) {
        cosine[2 * i + j] = __uint_as_float(words.w[2 * j]);
        sine[2 * i + j] = __uint_as_float(words.w[2 * j + 1]);
      }
    }
  }

  /// Turns eight pairs, whose parts lie half a head apart, with one rounding of each product and sum as in
  /// C#.
  template <class T>
  __device__ __forceinline__ void operator()(Octet<T>& low, Octet<T>& high) const {
    float a[8], b[8], x[8], y[8];
    widen(low, a);
    widen(high, b);
#pragma unroll
    for (int i = 0; i < 8; i++) {
      x[i] = __fsub_rn(__fmul_rn(a[i], cosine[i]), __fmul_rn(b[i], sine[i]));
      y[i] = __fadd_rn(__fmul_rn(b[i], cosine[i]), __fmul_rn(a[i], sine[i]));
    }
    low = round_octet<T>(x);
    high = round_octet<T>(y);
  }
};

/// RMSNorm of each head by itself, as Qwen3 has it: nullptr where there is none.
template <class T>
struct HeadNorms {
  const T* of_queries;  // [head size]
  const T* of_keys;
  float epsilon;

  /// Norms a head of which each of `octets` neighbouring lanes, a power of two, has two octets. All lanes of
  /// the warp take part; those that are not `is_normed` keep what they have.
  __device__ __forceinline__ void operator()(Octet<T>& low, Octet<T>& high, const Octet<T>& gamma_low,
                                             const Octet<T>& gamma_high, bool is_normed, int octets) const {
    float a[8], b[8];
    widen(low, a);
    widen(high, b);
    float squares = 0.0f;
#pragma unroll
    for (int i = 0; i < 8; i++) squares = fmaf(a[i], a[i], fmaf(b[i], b[i], squares));
    for (int distance = octets / 2; distance > 0; distance /= 2)
      squares += __shfl_xor_sync(0xFFFFFFFFu, squares, distance);
    if (!is_normed) return;
    const float rstd = rms_norm_rstd(squares, 2 * octets * kRowVector, epsilon);
    float of_low[8], of_high[8];
    widen(gamma_low, of_low);
    widen(gamma_high, of_high);
#pragma unroll
    for (int i = 0; i < 8; i++) {
      a[i] = __fmul_rn(__fmul_rn(a[i], rstd), of_low[i]);
      b[i] = __fmul_rn(__fmul_rn(b[i], rstd), of_high[i]);
    }
    low = round_octet<T>(a);
    high = round_octet<T>(b);
  }
};

/// Where a token's queries, keys and values are; rows start `pitch` elements apart.
template <class T>
struct Projections {
  const T *q, *k, *v;
  i64 q_pitch, k_pitch, v_pitch;
};

/// A thread's two octets of a head, half a head apart, and what does not depend on the projections.
template <class T>
struct HeadPart {
  int head, column;  // of the queries, of the keys or of the values
  bool is_inside, is_query, is_key;
  Turn turn;
  Octet<T> gamma_low, gamma_high;

  /// Reads what there is before the projections.
  __device__ __forceinline__ void prepare(int half, const HeadNorms<T>& norms, const float* angles,
                                          int position) {
    if (!is_query && !is_key) return;
    turn.load(angles + (static_cast<i64>(position) * half + column) * 2);
    if (norms.of_queries == nullptr) return;
    const T* const gamma = is_query ? norms.of_queries : norms.of_keys;
    gamma_low = load_octet(gamma + column);
    gamma_high = load_octet(gamma + column + half);
  }

  /// The octets of a token, normed and turned. Participants: whole warps, whose lanes in a row have parts of
  /// one head, `octets` of them; those that are not inside get zeros.
  __device__ __forceinline__ void compute(Octet<T>& low, Octet<T>& high, const Projections<T>& x,
                                          const HeadNorms<T>& norms, i64 token, int octets) const {
    const int half = octets * kRowVector;
    low = high = {};
    if (is_inside) {
      const T* const from = (is_query ? x.q + token * x.q_pitch
                             : is_key ? x.k + token * x.k_pitch
                                      : x.v + token * x.v_pitch) +
                            head * 2 * half + column;
      low = load_octet(from);
      high = load_octet(from + half);
    }
    const bool is_turned = is_query || is_key;
    if (norms.of_queries != nullptr) norms(low, high, gamma_low, gamma_high, is_turned, octets);
    if (is_turned) turn(low, high);
  }
};

}  // namespace llama
