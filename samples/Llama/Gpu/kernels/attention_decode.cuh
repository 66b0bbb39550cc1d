#pragma once

#include <math.h>

#include <fusion/norm/octets.cuh>
#include <fusion/ptx/cluster.cuh>
#include <fusion/ptx/grid.cuh>
#include <fusion/ptx/mma.cuh>

#include "attention_results.cuh"
#include "cached_rows.cuh"
#include "weights.cuh"

// Attention of one new token a sequence over all that is cached, its own key and value among them, on tensor
// cores.

namespace llama {

using namespace fusion;

/// Parts of a sequence, by its length alone. Neighbours are put together, then neighbours of these, and so
/// on, so that the result has the same bits whatever is beside it in the batch and however many blocks share
/// it.
constexpr int kParts = 8;
/// Tiles in shared memory: one that is worked on, and those that are on their way.
constexpr int kStages = 2;

/// What the blocks of a launch share.
template <class T>
struct DecodeCall {
  const T* queries;  // turned, [tokens, heads * D]
  AttentionResults<T> y;
  const T* keys;  // of the layer, as PagedRows says
  const T* values;
  const int* positions;  // of the tokens
  const int* sequences;
  PagedRows cache;
  int heads;    // of queries, a multiple of cache.heads
  float scale;  // of scores, times log2(e): exponentials are powers of two
};

/// Puts numbers of two neighbouring parts together: what they are times, of powers of two that have different
/// exponents.
struct Neighbours {
  float largest, first, second;  // exponent of both, and what the numbers of each are times then

  __device__ __forceinline__ Neighbours(float first_largest, float second_largest)
      : largest(fmaxf(first_largest, second_largest)) {
    const float base = largest == -INFINITY ? 0.0f : largest;  // parts without tokens
    first = power_of_two(first_largest - base);
    second = power_of_two(second_largest - base);
  }

  __device__ __forceinline__ static float sum(float a, float times_a, float b, float times_b) {
    return fmaf(a, times_a, __fmul_rn(b, times_b));
  }
  __device__ __forceinline__ float sum(float a, float b) const { return sum(a, first, b, second); }
};

/// One block's share of a sequence: up to 8 query heads that have a head of keys and values in common, which
/// is then read once. For scores a warp has 16 tokens of a tile, for sums a quarter of each value's elements.
/// With g = lane / 4 and t = lane % 4, a thread has in the fragments of fusion/ptx/mma.cuh scores of query g
/// and tokens 2t and 2t + 1, as the sums need them for weights, and sums of elements g and g + 8 and queries
/// 2t and 2t + 1.
template <class T, int D>
struct DecodeBlock {
  static constexpr int kWarps = kTileThreads / 32;
  static constexpr int kQueries = 8;
  static constexpr int kSlice = D / kWarps;
  static constexpr int kProducts = (kSlice + 15) / 16;  // for sums, of 16 elements each
  static constexpr int kSixteens = kTile / 16;

  struct Shared {
    Rows<T, D> keys[kStages], values[kStages];
    float scores[kQueries][kTile + 8];
    // The block's result: sums of values, times powers of two; their exponent and total.
    float sums[kQueries][D + 4];
    float largest[kQueries], totals[kQueries];
  };
  // What AttentionKernels.cs launches with.
  static_assert(sizeof(Shared) == 2 * kStages * kTile * (D + 8) * sizeof(T) +
                                      kQueries * (kTile + 8 + D + 4 + 2) * sizeof(float),
                "the host's formula");

  /// What a thread has of one part or several.
  struct Part {
    float sums[kProducts][4] = {};
    float largest = -INFINITY, total = 0.0f;  // of query g
  };

  const DecodeCall<T>& call;
  Shared& shared;
  const int row, sequence, head, first_query, queries, length;  // of keys and values; query heads; tokens
  const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
  const int g = lane / 4, t = lane % 4;
  const CachedHead<D> cached;
  u32 query[D / 16][2];  // the upper 8 of 16 rows of fragments; the others are zeros

  __device__ __forceinline__ DecodeBlock(const DecodeCall<T>& call, Shared& shared, int row, int sequence,
                                         int head, int first_query, int queries, int length)
      : call(call),
        shared(shared),
        row(row),
        sequence(sequence),
        head(head),
        first_query(first_query),
        queries(queries),
        length(length),
        cached(call.cache, sequence, head) {}

  __device__ __forceinline__ int tiles() const { return (length + kTile - 1) / kTile; }

  /// First tile of a part; tiles are shared out as evenly as may be.
  __device__ __forceinline__ int begin_of(int part) const { return part * tiles() / kParts; }

  __device__ __forceinline__ void load_queries() {
    const int own = first_query + (g < queries ? g : 0);
    const T* const at = call.queries + (static_cast<i64>(row) * call.heads + own) * D + 2 * t;
#pragma unroll
    for (int k = 0; k < D / 16; k++)
#pragma unroll
      for (int half = 0; half < 2; half++)
        query[k][half] = *reinterpret_cast<const u32*>(at + k * 16 + half * 8);
  }

  /// Begins to copy a tile, keys in one group and values in the next; nothing from `end` on.
  __device__ __forceinline__ void load(int tile, int end) {
    if (tile >= end) {
      ptx::cp_async_commit();
      ptx::cp_async_commit();
      return;
    }
    const CachedTile<D> at(cached, tile * kTile, length);
    shared.keys[tile % kStages].load(call.keys + cached.first, at);
    shared.values[tile % kStages].load(call.values + cached.first, at);
  }

  /// The result of the parts from `first` to before `last`, into shared memory. Tiles are on their way while
  /// others are worked on, across parts too, and before the kernels ahead have ended: all but the sequence's
  /// last one, into which they put the last token.
  __device__ __forceinline__ void attend(int first, int last) {
    int tile = begin_of(first);
    const int end = begin_of(last);
    const int early = min(min(tile + kStages - 1, end), tiles() - 1);
    for (int i = tile; i < early; i++) load(i, end);
    ptx::griddepcontrol_wait();
    load_queries();
    for (int i = max(early, tile); i < tile + kStages - 1; i++) load(i, end);

    Part now, waiting[3];  // for their neighbours: one part, two, four
    for (int i = 0; i < last - first; i++) {
      now = sum(tile, begin_of(first + i + 1), end);
      int level = 0;
      for (; (i >> level & 1) != 0; level++) now = merge(waiting[level], now);
      if (level < 3) waiting[level] = now;
    }
    store(now);
  }

  /// A part: its tiles from `tile` to before `part_end`, which becomes `tile`.
  __device__ __forceinline__ Part sum(int& tile, int part_end, int end) {
    Part part;
    for (; tile < part_end; tile++) {
      const int stage = tile % kStages;
      ptx::cp_async_wait<2 * kStages - 3>();
      __syncthreads();  // keys are there, and nobody works on the tile before any more
      load(tile + kStages - 1, end);
      score(shared.keys[stage], tile);
      ptx::cp_async_wait<2 * kStages - 2>();
      __syncthreads();  // scores and values are there

      float2 low[kSixteens], high[kSixteens];
      float next = part.largest;
#pragma unroll
      for (int i = 0; i < kSixteens; i++) {
        low[i] = *reinterpret_cast<const float2*>(&shared.scores[g][16 * i + 2 * t]);
        high[i] = *reinterpret_cast<const float2*>(&shared.scores[g][16 * i + 8 + 2 * t]);
        next = fmaxf(fmaxf(next, fmaxf(low[i].x, low[i].y)), fmaxf(high[i].x, high[i].y));
      }
      next = fmaxf(next, __shfl_xor_sync(0xFFFFFFFFu, next, 1));
      next = fmaxf(next, __shfl_xor_sync(0xFFFFFFFFu, next, 2));
      const float factor = power_of_two(part.largest - next);  // a tile has a token, so `next` is a number
      part.largest = next;
      const float2 factors = of_columns(factor);
#pragma unroll
      for (int p = 0; p < kProducts; p++)
#pragma unroll
        for (int i = 0; i < 4; i++) part.sums[p][i] *= i % 2 == 0 ? factors.x : factors.y;
      float total = 0.0f;  // of the thread's tokens
#pragma unroll
      for (int i = 0; i < kSixteens; i++) {
        const float weights[4] = {power_of_two(low[i].x - next), power_of_two(low[i].y - next),
                                  power_of_two(high[i].x - next), power_of_two(high[i].y - next)};
        total += (weights[0] + weights[1]) + (weights[2] + weights[3]);
        add(part.sums, shared.values[stage], i, pack(weights[0], weights[1], T{}),
            pack(weights[2], weights[3], T{}));
      }
      part.total = fmaf(part.total, factor, total);
    }

    part.total += __shfl_xor_sync(0xFFFFFFFFu, part.total, 1);
    part.total += __shfl_xor_sync(0xFFFFFFFFu, part.total, 2);
    return part;
  }

  /// A number of query g, for the columns of sums: of the queries 2t and 2t + 1.
  __device__ __forceinline__ float2 of_columns(float number) const {
    return make_float2(__shfl_sync(0xFFFFFFFFu, number, 8 * t), __shfl_sync(0xFFFFFFFFu, number, 8 * t + 4));
  }

  __device__ __forceinline__ Part merge(const Part& first, const Part& second) const {
    const Neighbours both(first.largest, second.largest);
    const float2 times_first = of_columns(both.first), times_second = of_columns(both.second);
    Part merged;
    merged.largest = both.largest;
    merged.total = both.sum(first.total, second.total);
#pragma unroll
    for (int p = 0; p < kProducts; p++)
#pragma unroll
      for (int i = 0; i < 4; i++)
        merged.sums[p][i] =
            i % 2 == 0 ? Neighbours::sum(first.sums[p][i], times_first.x, second.sums[p][i], times_second.x)
                       : Neighbours::sum(first.sums[p][i], times_first.y, second.sums[p][i], times_second.y);
    return merged;
  }

  __device__ __forceinline__ void store(const Part& part) {
    if (warp == 0 && t == 0) shared.largest[g] = part.largest, shared.totals[g] = part.total;
#pragma unroll
    for (int p = 0; p < kProducts; p++)
#pragma unroll
      for (int i = 0; i < (kSlice < 16 ? 2 : 4); i++)
        shared.sums[2 * t + i % 2][warp * kSlice + 16 * p + g + i / 2 * 8] = part.sums[p][i];
  }

  /// Scores of the warp's tokens of a tile, of which those behind the sequence's end are -infinity.
  __device__ __forceinline__ void score(const Rows<T, D>& keys, int tile) {
    // Products one after the other wait for each other: two chains of them for each 8 tokens.
    float s[2][2][4] = {};
#pragma unroll
    for (int k = 0; k < D / 16; k++) {
      u32 b[4];  // of 8 tokens and the next 8, two halves of k each
      ptx::ldmatrix_x4(b, &keys.row[warp * 16 + lane / 16 * 8 + lane % 8][k * 16 + lane / 8 % 2 * 8]);
      const u32 a[4] = {query[k][0], 0, query[k][1], 0};
      ptx::mma_m16n8k16(s[0][k % 2], a, b[0], b[1], T{});
      ptx::mma_m16n8k16(s[1][k % 2], a, b[2], b[3], T{});
    }
#pragma unroll
    for (int h = 0; h < 2; h++) {
      const int place = warp * 16 + 8 * h + 2 * t;
      const int token = tile * kTile + place;
      *reinterpret_cast<float2*>(&shared.scores[g][place]) =
          make_float2(token < length ? (s[h][0][0] + s[h][1][0]) * call.scale : -INFINITY,
                      token + 1 < length ? (s[h][0][1] + s[h][1][1]) * call.scale : -INFINITY);
    }
  }

  /// Adds values of 16 tokens, times their weights. Rows of a product are elements, columns are queries.
  __device__ __forceinline__ void add(float (&sums)[kProducts][4], const Rows<T, D>& values, int sixteen,
                                      u32 low, u32 high) const {
    // Slices of 8 elements have nothing in the lower 8 rows; what is there is not stored.
    const int column = warp * kSlice + (kSlice < 16 ? 0 : lane / 8 % 2 * 8);
#pragma unroll
    for (int p = 0; p < kProducts; p++) {
      u32 a[4];
      ptx::ldmatrix_x4_trans(a, &values.row[16 * sixteen + lane / 16 * 8 + lane % 8][column + 16 * p]);
      ptx::mma_m16n8k16(sums[p], a, low, high, T{});
    }
  }

  /// Puts the results of blocks together. Participants: all threads of the `blocks` blocks that share the
  /// sequence, of which this is number `block`; each does a share of the elements.
  __device__ __forceinline__ void combine(int block, int blocks) const {
    for (int i = block * kTileThreads + static_cast<int>(threadIdx.x); i < queries * D;
         i += blocks * kTileThreads) {
      const int j = i / D, column = i % D;
      float largest[kParts], totals[kParts], sums[kParts];
#pragma unroll
      for (u32 b = 0; b < kParts; b++) {
        const u32 owner = min(b, static_cast<u32>(blocks - 1));
        largest[b] = ptx::ld_shared_cluster(&shared.largest[j], owner);
        totals[b] = ptx::ld_shared_cluster(&shared.totals[j], owner);
        sums[b] = ptx::ld_shared_cluster(&shared.sums[j][column], owner);
      }
#pragma unroll
      for (int step = 1; step < kParts; step *= 2) {
        if (step >= blocks) break;
#pragma unroll
        for (int b = 0; b < kParts; b += 2 * step) {
          const Neighbours both(largest[b], largest[b + step]);
          largest[b] = both.largest;
          totals[b] = both.sum(totals[b], totals[b + step]);
          sums[b] = both.sum(sums[b], sums[b + step]);
        }
      }
      call.y.store((static_cast<i64>(row) * call.heads + first_query + j) * D + column, sums[0] / totals[0]);
    }
  }
};

/// Grid: x is 1, or on chips with clusters 2, 4 or 8, in clusters of as many: the blocks that share a
/// sequence. y is cache.heads times the eights of query heads of each; z is the number of rows, of which the
/// first `*decodes` count. Block: 128 threads. Dynamic shared memory: sizeof(DecodeBlock<T, D>::Shared).
template <class T, int D>
__device__ __forceinline__ void attend_decode(const DecodeCall<T>& call, const int* decodes) {
  using Block = DecodeBlock<T, D>;
  extern __shared__ __align__(16) unsigned char memory[];
  typename Block::Shared& shared = *reinterpret_cast<typename Block::Shared*>(memory);
  const int row = static_cast<int>(blockIdx.z);
  ptx::griddepcontrol_launch_dependents();
  // What a step is made of was there before the step's first kernel started. It is read at once, also for
  // rows that are none of decode.
  const int position = call.positions[row], sequence = call.sequences[row];
  if (row >= *decodes) {
    // The kernel behind this one is to start no sooner than if this block had something to do.
    ptx::griddepcontrol_wait();
    return;
  }

  const int share = call.heads / call.cache.heads;
  const int eights = (share + Block::kQueries - 1) / Block::kQueries;
  const int head = static_cast<int>(blockIdx.y) / eights;
  const int first = static_cast<int>(blockIdx.y) % eights * Block::kQueries;
  const int x = static_cast<int>(blockIdx.x), blocks = static_cast<int>(gridDim.x);
  Block block(call, shared, row, sequence, head, head * share + first, min(share - first, Block::kQueries),
              position + 1);
  block.attend(x * kParts / blocks, (x + 1) * kParts / blocks);
  ptx::barrier_cluster_arrive();
  ptx::barrier_cluster_wait();
  block.combine(x, blocks);
  // Nobody ends while others read its sums.
  ptx::barrier_cluster_arrive();
  ptx::barrier_cluster_wait();
}

}  // namespace llama
