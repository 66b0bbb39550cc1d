#include <fusion/norm/octets.cuh>
#include <fusion/norm/rms_norm.cuh>
#include <fusion/ptx/grid.cuh>

#include "attention_results.cuh"
#include "paged_cache.cuh"

using namespace fusion;
using namespace llama;

// RoPE of queries and keys, and the new keys and values into the cache.

namespace {

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
  int head, shared, column;
  bool is_inside, is_query, is_key;
  Turn turn;
  Octet<T> gamma_low, gamma_high;

  __device__ __forceinline__ void prepare(int item, int items, int octets, int heads, const PagedRows& cache,
                                          const HeadNorms<T>& norms, const float* angles, int position) {
    const int half = octets * kRowVector;
    head = item / octets;
    column = item % octets * kRowVector;
    is_inside = item < items;
    is_query = head < heads;
    is_key = !is_query && head < heads + cache.heads;
    shared = is_query ? 0 : (head - heads) % cache.heads;
    if (!is_query && !is_key) return;
    turn.load(angles + (static_cast<i64>(position) * half + column) * 2);
    if (norms.of_queries == nullptr) return;
    const T* const gamma = is_query ? norms.of_queries : norms.of_keys;
    gamma_low = load_octet(gamma + column);
    gamma_high = load_octet(gamma + column + half);
  }
};

template <class T>
__device__ __forceinline__ void turn_and_append(const Projections<T>& x, const HeadNorms<T>& norms, T* turned,
                                                const AttentionResults<T>& y, T* keys, T* values,
                                                const float* angles, const int* positions,
                                                const int* sequences, const PagedRows& cache, int heads) {
  ptx::griddepcontrol_launch_dependents();
  const i64 token = blockIdx.x;
  const int size = cache.head_size;
  const int half = size / 2;
  const int octets = half / kRowVector;
  const int items = (heads + 2 * cache.heads) * octets;
  // What a step is made of was there before the step's first kernel started, and weights and angles before.
  const int sequence = sequences[token];
  const int position = sequence < 0 ? 0 : positions[token];
  T* const own = turned + token * heads * size;
  // Whole warps take the same turns, as the lanes of a head exchange their parts of a norm.
  int first = static_cast<int>(threadIdx.x) / 32 * 32;
  const int lane = static_cast<int>(threadIdx.x) % 32;
  HeadPart<T> part;
  part.prepare(first + lane, items, octets, heads, cache, norms, angles, position);
  ptx::griddepcontrol_wait();
  while (first < items) {
    if (sequence < 0) {
      // A row that pads: attention leaves it out, and what follows reads it.
      if (part.is_query) {
        const i64 result = (token * heads + part.head) * size + part.column;
        store_octet(own + part.head * size + part.column, Octet<T>{});
        store_octet(own + part.head * size + part.column + half, Octet<T>{});
        y.clear_octet(result);
        y.clear_octet(result + half);
      }
    } else {
      Octet<T> low = {}, high = {};
      if (part.is_inside) {
        const T* const from = part.is_query ? x.q + token * x.q_pitch + part.head * size
                              : part.is_key ? x.k + token * x.k_pitch + part.shared * size
                                            : x.v + token * x.v_pitch + part.shared * size;
        low = load_octet(from + part.column);
        high = load_octet(from + part.column + half);
      }
      const bool is_turned = part.is_query || part.is_key;
      if (norms.of_queries != nullptr) norms(low, high, part.gamma_low, part.gamma_high, is_turned, octets);
      if (is_turned) part.turn(low, high);
      if (part.is_inside) {
        T* to = own + part.head * size;
        if (!part.is_query) to = (part.is_key ? keys : values) + cache.row(sequence, part.shared, position);
        store_octet(to + part.column, low);
        store_octet(to + part.column + half, high);
      }
    }

    first += static_cast<int>(blockDim.x);
    if (first < items) part.prepare(first + lane, items, octets, heads, cache, norms, angles, position);
  }
}

}  // namespace

// For each token: its queries, turned, to `turned` [tokens, heads * head size]; its keys, turned, and its
// values into the cache of its sequence. A token whose sequence is -1 pads: it gets zeros in `turned` and in
// `y`, attention's results, and is not cached. Rows of q, k and v start `pitch` elements apart. angles:
// [positions, head size / 2] of cosine and sine. head_size: a multiple of
// 16. q_norm and k_norm: weights [head size] of an RMSNorm of each head of queries and keys before they are
// turned, for head sizes that are powers of two; nullptr for none. All addresses and pitches are multiples of
// 16 bytes.
// Grid: a block for each token. Block: a multiple of 32 threads along x, 512 at most; (heads + 2 * kv_heads)
// * head_size / 16 have something to do.
#define LLAMA_ROPE_APPEND(name, T)                                                                           \
  extern "C" __global__ void __launch_bounds__(512)                                                          \
      name(const T* q, const T* k, const T* v, i64 q_pitch, i64 k_pitch, i64 v_pitch, const T* q_norm,       \
           const T* k_norm, float epsilon, T* turned, void* y, const float* y_scale, T* keys, T* values,     \
           const float* angles, const int* positions, const int* sequences, const int* tables,               \
           int pages_per_sequence, int heads, int kv_heads, int head_size) {                                 \
    turn_and_append<T>(Projections<T>{q, k, v, q_pitch, k_pitch, v_pitch},                                   \
                       HeadNorms<T>{q_norm, k_norm, epsilon}, turned, AttentionResults<T>{y, y_scale}, keys, \
                       values, angles, positions, sequences,                                                 \
                       PagedRows{tables, pages_per_sequence, kv_heads, head_size}, heads);                   \
  }

LLAMA_ROPE_APPEND(rope_append_bf16, bf16)
LLAMA_ROPE_APPEND(rope_append_f16, f16)
