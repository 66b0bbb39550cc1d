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

  __device__ __forceinline__ explicit Turn(const float* pairs) {
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
  /// the warp take part; those whose `gamma` is nullptr keep what they have.
  __device__ __forceinline__ void operator()(Octet<T>& low, Octet<T>& high, const T* gamma, int column,
                                             int octets) const {
    float a[8], b[8];
    widen(low, a);
    widen(high, b);
    float squares = 0.0f;
#pragma unroll
    for (int i = 0; i < 8; i++) squares = fmaf(a[i], a[i], fmaf(b[i], b[i], squares));
    for (int distance = octets / 2; distance > 0; distance /= 2)
      squares += __shfl_xor_sync(0xFFFFFFFFu, squares, distance);
    if (gamma == nullptr) return;
    const int half = octets * kRowVector;
    const float rstd = rms_norm_rstd(squares, 2 * half, epsilon);
    float of_low[8], of_high[8];
    widen(load_octet(gamma + column), of_low);
    widen(load_octet(gamma + column + half), of_high);
#pragma unroll
    for (int i = 0; i < 8; i++) {
      a[i] = __fmul_rn(__fmul_rn(a[i], rstd), of_low[i]);
      b[i] = __fmul_rn(__fmul_rn(b[i], rstd), of_high[i]);
    }
    low = round_octet<T>(a);
    high = round_octet<T>(b);
  }
};

template <class T>
__device__ __forceinline__ void turn_and_append(const T* q, const T* k, const T* v, i64 q_pitch, i64 k_pitch,
                                                i64 v_pitch, const HeadNorms<T>& norms, T* turned,
                                                const AttentionResults<T>& y, T* keys, T* values,
                                                const float* angles, const int* positions,
                                                const int* sequences, const PagedRows& cache, int heads) {
  ptx::griddepcontrol_launch_dependents();
  ptx::griddepcontrol_wait();
  const i64 token = blockIdx.x;
  const int size = cache.head_size;
  const int half = size / 2;
  const int octets =
      half / kRowVector;  // of half a head: what one thread works on is two octets, half a head apart
  const int sequence = sequences[token];
  T* const own = turned + token * heads * size;
  const i64 result = token * heads * size;
  const int items = (heads + 2 * cache.heads) * octets;
  // Whole warps take the same turns, as the lanes of a head exchange their parts of a norm.
  for (int first = static_cast<int>(threadIdx.x) / 32 * 32; first < items;
       first += static_cast<int>(blockDim.x)) {
    const int item = first + static_cast<int>(threadIdx.x) % 32;
    const int head = item / octets;
    const int column = item % octets * kRowVector;
    if (sequence < 0) {
      // A row that pads: attention leaves it out, and what follows reads it.
      if (head >= heads) continue;
      store_octet(own + head * size + column, Octet<T>{});
      store_octet(own + head * size + column + half, Octet<T>{});
      y.clear_octet(result + head * size + column);
      y.clear_octet(result + head * size + column + half);
      continue;
    }

    const bool is_inside = item < items;
    const bool is_query = head < heads, is_key = !is_query && head < heads + cache.heads;
    const int shared = is_query ? 0 : (head - heads) % cache.heads;
    Octet<T> low = {}, high = {};
    if (is_inside) {
      const T* const from = is_query ? q + token * q_pitch + head * size
                            : is_key ? k + token * k_pitch + shared * size
                                     : v + token * v_pitch + shared * size;
      low = load_octet(from + column);
      high = load_octet(from + column + half);
    }
    if (norms.of_queries != nullptr)
      norms(low, high, is_query ? norms.of_queries : is_key ? norms.of_keys : nullptr, column, octets);
    if (!is_inside) continue;
    const int position = positions[token];
    T* to = own + head * size;
    if (is_query || is_key) Turn(angles + (static_cast<i64>(position) * half + column) * 2)(low, high);
    if (!is_query) to = (is_key ? keys : values) + cache.row(sequence, shared, position);
    store_octet(to + column, low);
    store_octet(to + column + half, high);
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
// Grid: a block for each token. Block: a multiple of 32 threads along x; (heads + 2 * kv_heads) * head_size /
// 16 have something to do.
#define LLAMA_ROPE_APPEND(name, T)                                                                           \
  extern "C" __global__ void name(const T* q, const T* k, const T* v, i64 q_pitch, i64 k_pitch, i64 v_pitch, \
                                  const T* q_norm, const T* k_norm, float epsilon, T* turned, void* y,       \
                                  const float* y_scale, T* keys, T* values, const float* angles,             \
                                  const int* positions, const int* sequences, const int* tables,             \
                                  int pages_per_sequence, int heads, int kv_heads, int head_size) {          \
    turn_and_append<T>(q, k, v, q_pitch, k_pitch, v_pitch, HeadNorms<T>{q_norm, k_norm, epsilon}, turned,    \
                       AttentionResults<T>{y, y_scale}, keys, values, angles, positions, sequences,          \
                       PagedRows{tables, pages_per_sequence, kv_heads, head_size}, heads);                   \
  }

LLAMA_ROPE_APPEND(rope_append_bf16, bf16)
LLAMA_ROPE_APPEND(rope_append_f16, f16)
