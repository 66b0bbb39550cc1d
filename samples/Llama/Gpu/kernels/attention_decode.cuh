#pragma once

#include <fusion/norm/octets.cuh>
#include <fusion/ptx/grid.cuh>
#include <math.h>

#include "attention_results.cuh"
#include "attention_splits.cuh"
#include "paged_cache.cuh"

// Attention of one new token a sequence over all that is cached, its own key and value among them.

namespace llama {

using namespace fusion;

/// What the blocks of a launch share.
template <class T>
struct DecodeCall {
  const T* queries;  // turned, [tokens, heads * D]
  AttentionResults<T> y;
  const T* keys;  // of the layer, as PagedRows says
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
      : call(call), shared(shared), row(row), head(head), first_query(first_query), queries(queries) {}

  __device__ __forceinline__ void load_queries() {
#pragma unroll
    for (int j = 0; j < G; j++) {
      const int own = first_query + (j < queries ? j : 0);
      widen(load_octet(call.queries + (static_cast<i64>(row) * call.heads + own) * D + column), q[j]);
#pragma unroll
      for (int i = 0; i < 8; i++) q[j][i] *= call.scale;
    }
  }

  /// Keys and values of the tokens that a group of lanes reads at once; zeros behind the last one.
  struct Tokens {
    Octet<T> k[kAtOnce], v[kAtOnce];
  };

  __device__ __forceinline__ Tokens load(int sequence, int token, int end) const {
    Tokens read = {};
    if (token >= end) return read;
    const i64 at = call.cache.row(sequence, head, token) + column;
#pragma unroll
    for (int i = 0; i < kAtOnce; i++)
      if (token + i < end) read.k[i] = load_octet(call.keys + at + i * D);
#pragma unroll
    for (int i = 0; i < kAtOnce; i++)
      if (token + i < end) read.v[i] = load_octet(call.values + at + i * D);
    return read;
  }

  /// Asks for the keys and values of the tokens from `begin` to before `end`, which are in the cache.
  __device__ __forceinline__ void prefetch(int sequence, int begin, int end) const {
    constexpr int kElements = 64;  // of what one prefetch asks for
    constexpr int kParts = D < kElements ? 1 : D / kElements;
    for (int i = static_cast<int>(threadIdx.x); i < (end - begin) * kParts; i += kThreads) {
      const i64 at = call.cache.row(sequence, head, begin + i / kParts) + i % kParts * kElements;
      ptx::prefetch_l2(call.keys + at);
      ptx::prefetch_l2(call.values + at);
    }
  }

  /// The chunks from `first` to before `last`, each by itself. What is read next is on its way meanwhile,
  /// across chunks too. What was in the cache before this step is read before the kernels ahead have ended;
  /// they put the last token there.
  __device__ __forceinline__ void attend(int first, int last, const SplitOf& split_of, int sequence,
                                         int length) {
    const auto end_of = [&](int split) { return min((split + 1) * split_of.tokens, length); };
    const int end = end_of(last - 1);
    int begin = first * split_of.tokens;
    const int token = begin + group * kAtOnce;
    const int cached = min(end, length - 1);
    Tokens next = load(sequence, token, cached);
    prefetch(sequence, begin + kGroups * kAtOnce, cached);
    ptx::griddepcontrol_wait();
    if (token <= length - 1 && length - 1 < token + kAtOnce) next = load(sequence, token, end);
    load_queries();
    for (int split = first; split < last; split++) {
      begin = sum(next, begin, end_of(split), end, sequence);
      __syncthreads();
      store(split, split_of.count);
      __syncthreads();
    }
  }

  /// Sums of a chunk's tokens from `begin` to before `chunk_end`, into shared memory: a group each. `next` is
  /// what the group reads first, and then of the chunk behind it, whose begin is returned.
  __device__ __forceinline__ int sum(Tokens& next, int begin, int chunk_end, int end, int sequence) {
    float sums[G][8] = {};
    float largest[G], totals[G];
#pragma unroll
    for (int j = 0; j < G; j++) largest[j] = -INFINITY, totals[j] = 0.0f;
    // All lanes of a warp take the same turns, as they exchange their parts of the scores.
    while (begin < chunk_end) {
      const int token = begin + group * kAtOnce;
      begin = min(begin + kGroups * kAtOnce, chunk_end);
      const Tokens now = next;
      next = load(sequence, begin + group * kAtOnce, end);

      float scores[kAtOnce][G];
#pragma unroll
      for (int i = 0; i < kAtOnce; i++) {
        float key[8];
        widen(now.k[i], key);
#pragma unroll
        for (int j = 0; j < G; j++) {
          float score = 0.0f;
#pragma unroll
          for (int c = 0; c < 8; c++) score = fmaf(q[j][c], key[c], score);
          for (int distance = kLanes / 2; distance > 0; distance /= 2)
            score += __shfl_xor_sync(0xFFFFFFFFu, score, distance);
          scores[i][j] = token + i < chunk_end ? score : -INFINITY;
        }
      }

#pragma unroll
      for (int j = 0; j < G; j++) {
        float most = largest[j];
#pragma unroll
        for (int i = 0; i < kAtOnce; i++) most = fmaxf(most, scores[i][j]);
        const float base_of = most == -INFINITY ? 0.0f : most;
        const float factor = exp2f(largest[j] - base_of);
        largest[j] = most;
        totals[j] *= factor;
#pragma unroll
        for (int c = 0; c < 8; c++) sums[j][c] *= factor;
#pragma unroll
        for (int i = 0; i < kAtOnce; i++) totals[j] += scores[i][j] = exp2f(scores[i][j] - base_of);
      }

#pragma unroll
      for (int i = 0; i < kAtOnce; i++) {
        float value[8];
        widen(now.v[i], value);
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
    return begin;
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
        call.y.store(query * D + i % D, sum / total);
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
      call.y.store((first + j) * D + i % D, sum / shared.total[j]);
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
  ptx::griddepcontrol_launch_dependents();
  // What a step is made of was there before the step's first kernel started.
  const bool is_decode = row < *decodes;
  const int length = is_decode ? call.positions[row] + 1 : 1;
  const int sequence = is_decode ? call.sequences[row] : 0;
  const SplitOf split_of(length);
  const int x = static_cast<int>(blockIdx.x);
  const int blocks = min(static_cast<int>(gridDim.x), split_of.count);
  if (!is_decode || x >= blocks) {
    // The kernel behind this one is to start no sooner than if this block had something to do.
    ptx::griddepcontrol_wait();
    return;
  }

  const int share = call.heads / call.cache.heads;
  const int parts = (share + G - 1) / G;
  const int head = static_cast<int>(blockIdx.y) / parts;
  const int first = static_cast<int>(blockIdx.y) % parts * G;
  Block block(call, shared, row, head, head * share + first, share - first < G ? share - first : G);
  block.attend(x * split_of.count / blocks, (x + 1) * split_of.count / blocks, split_of, sequence, length);
  if (split_of.count == 1) return;
  const int counter = row * static_cast<int>(gridDim.y) + static_cast<int>(blockIdx.y);
  if (blocks == 1 || call.splits.is_last(counter, blocks, shared.is_last)) block.combine(split_of.count);
}

}  // namespace llama
