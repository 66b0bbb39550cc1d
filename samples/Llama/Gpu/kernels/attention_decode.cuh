#pragma once

#include <fusion/norm/octets.cuh>
#include <math.h>

#include "attention_splits.cuh"
#include "paged_cache.cuh"

// Attention of one new token a sequence over all that is cached, its own key and value among them.

namespace llama {

using namespace fusion;

/// What the blocks of a launch share.
template <class T>
struct DecodeCall {
  const T* queries;  // turned, [tokens, heads * D]
  T* y;              // [tokens, heads * D]
  const T* keys;     // of the layer, as PagedRows says
  const T* values;
  SplitResults splits;
  const int* positions;  // of the tokens
  const int* sequences;
  PagedRows cache;
  int heads;    // of queries, a multiple of cache.heads
  float scale;  // of scores, times log2(e): exponentials are powers of two
};

/// One block's part: up to G query heads that share a head of keys and values, which are then read once.
/// Groups of D / 8 lanes read a token's row each, four tokens at a time, and keep a softmax of their own
/// until the chunk's end.
template <class T, int D, int G>
struct DecodeBlock {
  static constexpr int kThreads = 128;
  static constexpr int kLanes = D / kRowVector;
  static constexpr int kGroups = kThreads / kLanes;
  static constexpr int kAtOnce =
      4;  // a divisor of the page size: the tokens that a group reads at once share a page

  struct Shared {
    float sums[kGroups][G][D];
    float largest[kGroups][G], totals[kGroups][G];
    float weights[G][kMaxSplits], total[G];
    int is_last;
  };

  const DecodeCall<T>& call;
  Shared& shared;
  const int row, head, first_query,
      queries;  // head of keys and values; number of the first query head; how many there are
  const int group = static_cast<int>(threadIdx.x) / kLanes;
  const int column = static_cast<int>(threadIdx.x) % kLanes * kRowVector;
  float q[G][8];

  __device__ __forceinline__ DecodeBlock(const DecodeCall<T>& call, Shared& shared, int row, int head,
                                         int first_query, int queries)
      : call(call), shared(shared), row(row), head(head), first_query(first_query), queries(queries) {
#pragma unroll
    for (int j = 0; j < G; j++) {
      const int own = first_query + (j < queries ? j : 0);
      widen(load_octet(call.queries + (static_cast<i64>(row) * call.heads + own) * D + column), q[j]);
#pragma unroll
      for (int i = 0; i < 8; i++) q[j][i] *= call.scale;
    }
  }

  /// Sums of the tokens from `begin`, a multiple of 64, to before `end`, into shared memory: a group each.
  __device__ __forceinline__ void sum(int begin, int end) {
    float sums[G][8] = {};
    float largest[G], totals[G];
#pragma unroll
    for (int j = 0; j < G; j++) largest[j] = -INFINITY, totals[j] = 0.0f;
    const int sequence = call.sequences[row];
    // All lanes of a warp take the same turns, as they exchange their parts of the scores.
    for (int base = begin; base < end; base += kGroups * kAtOnce) {
      const int token = base + group * kAtOnce;
      Octet<T> k[kAtOnce] = {}, v[kAtOnce] = {};
      if (token < end) {
        const i64 at = call.cache.row(sequence, head, token) + column;
#pragma unroll
        for (int i = 0; i < kAtOnce; i++)
          if (token + i < end) k[i] = load_octet(call.keys + at + i * D);
#pragma unroll
        for (int i = 0; i < kAtOnce; i++)
          if (token + i < end) v[i] = load_octet(call.values + at + i * D);
      }

      float scores[kAtOnce][G];
#pragma unroll
      for (int i = 0; i < kAtOnce; i++) {
        float key[8];
        widen(k[i], key);
#pragma unroll
        for (int j = 0; j < G; j++) {
          float score = 0.0f;
#pragma unroll
          for (int c = 0; c < 8; c++) score = fmaf(q[j][c], key[c], score);
          for (int distance = kLanes / 2; distance > 0; distance /= 2)
            score += __shfl_xor_sync(0xFFFFFFFFu, score, distance);
          scores[i][j] = token + i < end ? score : -INFINITY;
        }
      }

#pragma unroll
      for (int j = 0; j < G; j++) {
        float next = largest[j];
#pragma unroll
        for (int i = 0; i < kAtOnce; i++) next = fmaxf(next, scores[i][j]);
        const float base_of = next == -INFINITY ? 0.0f : next;
        const float factor = exp2f(largest[j] - base_of);
        largest[j] = next;
        totals[j] *= factor;
#pragma unroll
        for (int c = 0; c < 8; c++) sums[j][c] *= factor;
#pragma unroll
        for (int i = 0; i < kAtOnce; i++) totals[j] += scores[i][j] = exp2f(scores[i][j] - base_of);
      }

#pragma unroll
      for (int i = 0; i < kAtOnce; i++) {
        float value[8];
        widen(v[i], value);
#pragma unroll
        for (int j = 0; j < G; j++)
#pragma unroll
          for (int c = 0; c < 8; c++) sums[j][c] = fmaf(scores[i][j], value[c], sums[j][c]);
      }
    }

#pragma unroll
    for (int j = 0; j < G; j++) {
#pragma unroll
      for (int c = 0; c < 8; c++) shared.sums[group][j][column + c] = sums[j][c];
      if (column == 0) shared.largest[group][j] = largest[j], shared.totals[group][j] = totals[j];
    }
  }

  /// Puts the groups together, in their order: the chunk's sums, their scale and their total. Behind a
  /// barrier.
  __device__ __forceinline__ void store(int split, int splits) {
    for (int i = static_cast<int>(threadIdx.x); i < queries * D; i += kThreads) {
      const int j = i / D;
      float largest = -INFINITY, total = 0.0f, sum = 0.0f;
      for (int g = 0; g < kGroups; g++) largest = fmaxf(largest, shared.largest[g][j]);
      for (int g = 0; g < kGroups; g++) {
        const float factor = exp2f(shared.largest[g][j] - (largest == -INFINITY ? 0.0f : largest));
        total = fmaf(shared.totals[g][j], factor, total);
        sum = fmaf(shared.sums[g][j][i % D], factor, sum);
      }
      const i64 query = static_cast<i64>(row) * call.heads + first_query + j;
      if (splits == 1) {
        call.y[query * D + i % D] = ptx::round_to<T>(sum / total);
        continue;
      }
      call.splits.sums[(query * kMaxSplits + split) * D + i % D] = sum;
      if (i % D == 0) call.splits.scales[query * kMaxSplits + split] = make_float2(largest, total);
    }
  }

  /// Puts the chunks together, in their order.
  __device__ __forceinline__ void combine(int splits) {
    const i64 first = static_cast<i64>(row) * call.heads + first_query;
    static_assert(kMaxSplits == 32, "a lane for each chunk");
    const int lane = static_cast<int>(threadIdx.x) % 32;
    for (int j = static_cast<int>(threadIdx.x) / 32; j < queries; j += kThreads / 32) {
      float2 scale = make_float2(-INFINITY, 0.0f);
      if (lane < splits) scale = __ldcg(call.splits.scales + (first + j) * kMaxSplits + lane);
      float largest = scale.x;
      for (int distance = 16; distance > 0; distance /= 2)
        largest = fmaxf(largest, __shfl_xor_sync(0xFFFFFFFFu, largest, distance));
      const float weight = exp2f(scale.x - (largest == -INFINITY ? 0.0f : largest));
      float total = scale.y * weight;
      for (int distance = 16; distance > 0; distance /= 2)
        total += __shfl_xor_sync(0xFFFFFFFFu, total, distance);
      shared.weights[j][lane] = weight;
      if (lane == 0) shared.total[j] = total;
    }
    __syncthreads();
    for (int i = static_cast<int>(threadIdx.x); i < queries * D; i += kThreads) {
      const int j = i / D;
      float sum = 0.0f;
#pragma unroll 8
      for (int s = 0; s < splits; s++)
        sum = fmaf(__ldcg(call.splits.sums + ((first + j) * kMaxSplits + s) * D + i % D),
                   shared.weights[j][s], sum);
      call.y[(first + j) * D + i % D] = ptx::round_to<T>(sum / shared.total[j]);
    }
  }
};

/// Grid: x any number of blocks, which share the chunks of a token; y is cache.heads times the groups of G
/// queries of each; z is the number of rows, of which the first `*decodes` count. Block: 128 threads.
template <class T, int D, int G>
__device__ __forceinline__ void attend_decode(const DecodeCall<T>& call, const int* decodes) {
  using Block = DecodeBlock<T, D, G>;
  __shared__ typename Block::Shared shared;
  const int row = static_cast<int>(blockIdx.z);
  if (row >= *decodes) return;
  const int length = call.positions[row] + 1;
  const SplitOf split_of(length);
  if (static_cast<int>(blockIdx.x) >= split_of.count) return;

  const int share = call.heads / call.cache.heads;
  const int parts = (share + G - 1) / G;
  const int head = static_cast<int>(blockIdx.y) / parts;
  const int first = static_cast<int>(blockIdx.y) % parts * G;
  Block block(call, shared, row, head, head * share + first, share - first < G ? share - first : G);
  for (int split = static_cast<int>(blockIdx.x); split < split_of.count;
       split += static_cast<int>(gridDim.x)) {
    const int begin = split * split_of.tokens;
    block.sum(begin, begin + split_of.tokens < length ? begin + split_of.tokens : length);
    __syncthreads();
    block.store(split, split_of.count);
    if (split_of.count == 1) return;
    const int counter = row * static_cast<int>(gridDim.y) + static_cast<int>(blockIdx.y);
    if (call.splits.is_last(counter, split_of.count, shared.is_last)) block.combine(split_of.count);
    __syncthreads();
  }
}

}  // namespace llama
