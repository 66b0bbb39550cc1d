#pragma once

#include <math.h>

#include <fusion/norm/octets.cuh>
#include <fusion/ptx/mma.cuh>

#include "attention_results.cuh"
#include "cached_rows.cuh"
#include "weights.cuh"

// Attention of many new tokens of a sequence, on tensor cores: each over what is cached up to itself.

namespace llama {

using namespace fusion;

/// A tile of queries. No more than kTile rows, one after the other in the step, of one sequence; without rows
/// it is left out. Keys are read by kTile too, from the sequence's beginning on, and those that a query may
/// not see change none of its bits: they do not depend on how a prompt was cut into chunks or tiles.
struct QueryTile {
  int sequence, first_row, rows, unused;
};

template <class T>
struct PrefillCall {
  const T* queries;  // turned, [tokens, heads * D]
  AttentionResults<T> y;
  const T* keys;  // of the layer, as PagedRows says
  const T* values;
  const int* positions;  // of the tokens
  PagedRows cache;
  int heads;    // of queries, a multiple of cache.heads
  float scale;  // of scores, times log2(e): exponentials are powers of two
};

/// A warp's 16 queries: scores, softmax and sums in the layout of mma's fragments (fusion/ptx/mma.cuh). Of
/// its two rows a thread has those of index 0, g, and 1, g + 8.
template <class T, int D>
struct WarpQueries {
  u32 q[D / 16][4];
  float sums[D / 8][4] = {};
  float largest[2] = {-INFINITY, -INFINITY}, totals[2] = {};

  __device__ __forceinline__ void load(const T* upper, const T* lower, int t) {
#pragma unroll
    for (int k = 0; k < D / 16; k++) {
      q[k][0] = *reinterpret_cast<const u32*>(upper + k * 16 + 2 * t);
      q[k][1] = *reinterpret_cast<const u32*>(lower + k * 16 + 2 * t);
      q[k][2] = *reinterpret_cast<const u32*>(upper + k * 16 + 2 * t + 8);
      q[k][3] = *reinterpret_cast<const u32*>(lower + k * 16 + 2 * t + 8);
    }
  }

  __device__ __forceinline__ void scores(float (&s)[kTile / 8][4], const Rows<T, D>& keys, int lane) const {
#pragma unroll
    for (int n = 0; n < kTile / 8; n += 2) {
#pragma unroll
      for (int i = 0; i < 4; i++) s[n][i] = s[n + 1][i] = 0.0f;
#pragma unroll
      for (int k = 0; k < D / 16; k++) {
        u32 b[4];  // of two neighbouring columns of tiles, two halves of k each
        ptx::ldmatrix_x4(b, &keys.row[n * 8 + lane / 16 * 8 + lane % 8][k * 16 + lane / 8 % 2 * 8]);
        ptx::mma_m16n8k16(s[n], q[k], b[0], b[1], T{});
        ptx::mma_m16n8k16(s[n + 1], q[k], b[2], b[3], T{});
      }
    }
  }

  /// Turns scores into powers of two below the row's largest, which the sums so far are brought to. Keys
  /// behind `last[row]` count nothing.
  __device__ __forceinline__ void weigh(float (&s)[kTile / 8][4], float scale, int first_key,
                                        const int (&last)[2], int t) {
    float next[2] = {largest[0], largest[1]};
#pragma unroll
    for (int n = 0; n < kTile / 8; n++)
#pragma unroll
      for (int i = 0; i < 4; i++) {
        const int key = first_key + n * 8 + 2 * t + i % 2;
        s[n][i] = key <= last[i / 2] ? s[n][i] * scale : -INFINITY;
        next[i / 2] = fmaxf(next[i / 2], s[n][i]);
      }
#pragma unroll
    for (int r = 0; r < 2; r++) {
      next[r] = fmaxf(next[r], __shfl_xor_sync(0xFFFFFFFFu, next[r], 1));
      next[r] = fmaxf(next[r], __shfl_xor_sync(0xFFFFFFFFu, next[r], 2));
      const float base = next[r] == -INFINITY ? 0.0f : next[r];
      const float factor = exp2f(largest[r] - base);
      largest[r] = next[r];
      totals[r] *= factor;
#pragma unroll
      for (int n = 0; n < D / 8; n++) sums[n][2 * r] *= factor, sums[n][2 * r + 1] *= factor;
#pragma unroll
      for (int n = 0; n < kTile / 8; n++)
#pragma unroll
        for (int i = 2 * r; i < 2 * r + 2; i++) totals[r] += s[n][i] = exp2f(s[n][i] - base);
    }
  }

  /// Adds the values, weighed by what the scores have become, which are rounded to T for that.
  __device__ __forceinline__ void add(const float (&s)[kTile / 8][4], const Rows<T, D>& values, int lane) {
#pragma unroll
    for (int k = 0; k < kTile / 16; k++) {
      const u32 a[4] = {pack(s[2 * k][0], s[2 * k][1], T{}), pack(s[2 * k][2], s[2 * k][3], T{}),
                        pack(s[2 * k + 1][0], s[2 * k + 1][1], T{}),
                        pack(s[2 * k + 1][2], s[2 * k + 1][3], T{})};
#pragma unroll
      for (int n = 0; n < D / 8; n += 2) {
        u32 b[4];
        ptx::ldmatrix_x4_trans(b, &values.row[k * 16 + lane % 16][n * 8 + lane / 16 * 8]);
        ptx::mma_m16n8k16(sums[n], a, b[0], b[1], T{});
        ptx::mma_m16n8k16(sums[n + 1], a, b[2], b[3], T{});
      }
    }
  }

  /// Writes a row's result. The four threads that share the row call it together.
  __device__ __forceinline__ void store(const AttentionResults<T>& y, i64 at, int r, bool is_there,
                                        int t) const {
    float total = totals[r];
    total += __shfl_xor_sync(0xFFFFFFFFu, total, 1);
    total += __shfl_xor_sync(0xFFFFFFFFu, total, 2);
    if (!is_there) return;
#pragma unroll
    for (int n = 0; n < D / 8; n++)
      y.store_pair(at + n * 8 + 2 * t, sums[n][2 * r] / total, sums[n][2 * r + 1] / total);
  }
};

/// Grid: x is the number of query heads, y that of the tiles. Block: 128 threads, of which each warp has 16
/// queries.
template <class T, int D>
__device__ __forceinline__ void attend_prefill(const PrefillCall<T>& call, const QueryTile* tiles) {
  __shared__ __align__(16) Rows<T, D> keys;
  __shared__ __align__(16) Rows<T, D> values;
  const QueryTile tile = tiles[blockIdx.y];
  if (tile.rows == 0) return;
  const int head = static_cast<int>(blockIdx.x);
  const int kv_head = head / (call.heads / call.cache.heads);
  const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32,
            t = lane % 4;
  const int position = call.positions[tile.first_row];
  const int length = position + tile.rows;
  const int own[2] = {warp * 16 + lane / 4, warp * 16 + lane / 4 + 8};
  const int last[2] = {position + own[0], position + own[1]};
  i64 at[2];
#pragma unroll
  for (int r = 0; r < 2; r++) {
    // Queries behind the tile's end are computed as its last one and not written.
    const int row = tile.first_row + (own[r] < tile.rows ? own[r] : tile.rows - 1);
    at[r] = (static_cast<i64>(row) * call.heads + head) * D;
  }

  WarpQueries<T, D> queries;
  queries.load(call.queries + at[0], call.queries + at[1], t);
  const CachedHead<D> cached(call.cache, tile.sequence, kv_head);
  keys.load(call.keys + cached.first, {cached, 0, length});
  for (int first = 0; first < length; first += kTile) {
    const bool is_seen = first <= position + warp * 16 + 15;  // the same for the whole warp
    ptx::cp_async_wait<0>();
    __syncthreads();  // keys are there, and nobody reads the last values any more
    values.load(call.values + cached.first, {cached, first, length});
    float s[kTile / 8][4];
    if (is_seen) queries.scores(s, keys, lane);
    __syncthreads();  // nobody reads the keys any more
    const bool has_next = first + kTile < length;
    if (has_next) keys.load(call.keys + cached.first, {cached, first + kTile, length});
    if (is_seen) queries.weigh(s, call.scale, first, last, t);
    if (has_next) ptx::cp_async_wait<1>();
    else ptx::cp_async_wait<0>();
    __syncthreads();  // values are there
    if (is_seen) queries.add(s, values, lane);
  }

#pragma unroll
  for (int r = 0; r < 2; r++) queries.store(call.y, at[r], r, own[r] < tile.rows, t);
}

}  // namespace llama
