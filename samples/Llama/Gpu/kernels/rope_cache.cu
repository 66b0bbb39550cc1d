#include <fusion/norm/octets.cuh>
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

template <class T>
__device__ __forceinline__ void turn_and_append(const T* q, const T* k, const T* v, i64 q_pitch, i64 k_pitch,
                                                i64 v_pitch, T* turned, const AttentionResults<T>& y, T* keys,
                                                T* values, const float* angles, const int* positions,
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
  for (int item = static_cast<int>(threadIdx.x); item < items; item += static_cast<int>(blockDim.x)) {
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

    const int position = positions[token];
    const int shared = head < heads ? 0 : (head - heads) % cache.heads;
    const T* const from = head < heads                 ? q + token * q_pitch + head * size
                          : head < heads + cache.heads ? k + token * k_pitch + shared * size
                                                       : v + token * v_pitch + shared * size;
    Octet<T> low = load_octet(from + column);
    Octet<T> high = load_octet(from + column + half);
    T* to = own + head * size;
    if (head < heads + cache.heads)
      Turn(angles + (static_cast<i64>(position) * half + column) * 2)(low, high);
    if (head >= heads)
      to = (head < heads + cache.heads ? keys : values) + cache.row(sequence, shared, position);
    store_octet(to + column, low);
    store_octet(to + column + half, high);
  }
}

}  // namespace

// For each token: its queries, turned, to `turned` [tokens, heads * head size]; its keys, turned, and its
// values into the cache of its sequence. A token whose sequence is -1 pads: it gets zeros in `turned` and in
// `y`, attention's results, and is not cached. Rows of q, k and v start `pitch` elements apart. angles:
// [positions, head size / 2] of cosine and sine. head_size: a multiple of
// 16. All addresses and pitches are multiples of 16 bytes.
// Grid: a block for each token. Block: any number of threads along x; (heads + 2 * kv_heads) * head_size / 16
// have something to do.
#define LLAMA_ROPE_APPEND(name, T)                                                                           \
  extern "C" __global__ void name(const T* q, const T* k, const T* v, i64 q_pitch, i64 k_pitch, i64 v_pitch, \
                                  T* turned, void* y, const float* y_scale, T* keys, T* values,              \
                                  const float* angles, const int* positions, const int* sequences,           \
                                  const int* tables, int pages_per_sequence, int heads, int kv_heads,        \
                                  int head_size) {                                                           \
    turn_and_append<T>(q, k, v, q_pitch, k_pitch, v_pitch, turned, AttentionResults<T>{y, y_scale}, keys,    \
                       values, angles, positions, sequences,                                                 \
                       PagedRows{tables, pages_per_sequence, kv_heads, head_size}, heads);                   \
  }

LLAMA_ROPE_APPEND(rope_append_bf16, bf16)
LLAMA_ROPE_APPEND(rope_append_f16, f16)
