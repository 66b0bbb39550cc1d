#include <fusion/norm/octets.cuh>
#include <fusion/ptx/grid.cuh>

#include "attention_results.cuh"
#include "paged_cache.cuh"
#include "rope.cuh"

using namespace fusion;
using namespace llama;

// RoPE of queries and keys, and the new keys and values into the cache.

namespace {

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
  HeadPart<T> part;
  const auto prepare = [&](int item) {
    const int head = item / octets;
    part.column = item % octets * kRowVector;
    part.is_inside = item < items;
    part.is_query = head < heads;
    part.is_key = !part.is_query && head < heads + cache.heads;
    part.head = part.is_query ? head : (head - heads) % cache.heads;
    part.prepare(half, norms, angles, position);
  };
  // Whole warps take the same turns, as the lanes of a head exchange their parts of a norm.
  int first = static_cast<int>(threadIdx.x) / 32 * 32;
  const int lane = static_cast<int>(threadIdx.x) % 32;
  prepare(first + lane);
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
      Octet<T> low, high;
      part.compute(low, high, x, norms, token, octets);
      if (part.is_inside) {
        T* const to =
            (part.is_query ? own + part.head * size
                           : (part.is_key ? keys : values) + cache.row(sequence, part.head, position)) +
            part.column;
        store_octet(to, low);
        store_octet(to + half, high);
      }
    }

    first += static_cast<int>(blockDim.x);
    if (first < items) prepare(first + lane);
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
