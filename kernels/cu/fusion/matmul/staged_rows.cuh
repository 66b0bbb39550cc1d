#pragma once

#include <fusion/matmul/few_rows.cuh>
#include <fusion/ptx/block.cuh>
#include <fusion/ptx/bulk_copy.cuh>

// The sums of few_rows.cuh, bit for bit, for chips whose copies go on by themselves: sm_90 and newer, with
// NVRTC 12.1 or newer (FUSION_CLUSTER_COUNTS_BYTES). Four warps of a block do nothing but ask for its rows of
// w, which come to shared memory while the kernels ahead still run and while the other warps multiply.
// Elsewhere the rows are loaded as in few_rows.cuh, without any of that.

namespace fusion {

constexpr int kStagedThreads =
    kFewRowsThreads + 128;            // of a block: those that multiply, then those that copy
constexpr int kStageRowBytes = 1024;  // of a row of w in a stage
constexpr int kStageBytes = kFewRowsTile * kStageRowBytes;  // of dynamic shared memory
constexpr int kMostStages = 8;

/// A block's shared memory besides its stages.
struct StagedRows {
  FewRowsParts<1, 1> parts[2];  // of a tile and of the next one
  u64 full[kMostStages], empty[kMostStages];
};

/// Bytes from a row of x in shared memory to the next, with e4m3 as f16: neighbouring rows are in other
/// banks.
__device__ __forceinline__ int staged_pitch(int depth) { return (depth * 2 + 127) / 128 * 128 + 16; }

#if FUSION_CLUSTER_COUNTS_BYTES

/// Copies the block's tiles of w to its stages, one stage of one tile behind the other. One of four warps,
/// each of which copies four of a tile's rows. The first `ahead` stages are copied before the kernels ahead
/// have ended.
template <class X, class RowOf>
__device__ __forceinline__ void copy_tiles(StagedRows& shared, char* stages, int stage_count, int ahead,
                                           int tiles, const X* w, int depth, const RowOf& row_of) {
  constexpr int kRows = kFewRowsTile / ((kStagedThreads - kFewRowsThreads) / 32);
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const int first = (static_cast<int>(threadIdx.x) - kFewRowsThreads) / 32 * kRows;
  const i64 row_bytes = static_cast<i64>(depth) * static_cast<i64>(sizeof(X));
  int stage = 0, copied = 0;
  u32 phase = 1;
  for (int tile = static_cast<int>(blockIdx.x); tile < tiles; tile += static_cast<int>(gridDim.x)) {
    const char* row = reinterpret_cast<const char*>(w) + row_of(tile, first + lane % kRows) * row_bytes;
    for (i64 at = 0; at < row_bytes; at += kStageRowBytes, copied++) {
      if (copied == ahead) ptx::griddepcontrol_wait();
      if (copied >= stage_count) ptx::mbarrier_wait(&shared.empty[stage], phase);
      const u32 bytes = static_cast<u32>(row_bytes - at < kStageRowBytes ? row_bytes - at : kStageRowBytes);
      if (lane == 0) ptx::mbarrier_expect(&shared.full[stage], bytes * kRows);
      __syncwarp();
      if (lane < kRows)
        ptx::copy_bulk_once(stages + stage * kStageBytes + (first + lane) * kStageRowBytes, row + at, bytes,
                            &shared.full[stage]);
      if (++stage == stage_count) {
        stage = 0;
        phase ^= 1;
      }
    }
  }
}

/// Copies x to shared memory, e4m3 as f16. The block's first 256 threads, with a barrier of theirs at the
/// end.
template <class X>
__device__ __forceinline__ void copy_x(char* to, const X* x, int rows, int depth) {
  const int words = depth * static_cast<int>(sizeof(X)) / 16, pitch = staged_pitch(depth);
  for (int i = static_cast<int>(threadIdx.x); i < rows * words; i += kFewRowsThreads) {
    const Words16 value = ptx::ld_global_nc(reinterpret_cast<const Words16*>(x) + i);
    Words16* const place = reinterpret_cast<Words16*>(to + i / words * pitch);
    if constexpr (sizeof(X) == 2) {
      place[i % words] = value;
    } else {
#pragma unroll
      for (int h = 0; h < 2; h++) {
        const u32 low = value.w[h * 2], high = value.w[h * 2 + 1];
        place[i % words * 2 + h] = {
            {f16_pair(low), f16_pair(low >> 16), f16_pair(high), f16_pair(high >> 16)}};
      }
    }
  }
  ptx::barrier_sync(1, kFewRowsThreads);
}

/// multiply_words for a tile and for x in shared memory, `x` being the place of its words; without them, if
/// not `is_inside`, the products of zeros.
template <class X>
__device__ __forceinline__ void multiply_staged_words(float (&c)[1][1][4], const Words16& w0,
                                                      const Words16& w1, const char* x, bool is_inside,
                                                      X type) {
  const Words16 none = {{0, 0, 0, 0}};
  if constexpr (sizeof(X) == 2) {
    const Words16 words0[1] = {w0}, words1[1] = {w1}, words_x[1] = {is_inside ? ptx::ld_shared(x) : none};
    multiply_words(c, words0, words1, words_x, type);
  } else {
    const Words16 words_x[2] = {is_inside ? ptx::ld_shared(x) : none,
                                is_inside ? ptx::ld_shared(x + 16) : none};
#pragma unroll
    for (int i = 0; i < 4; i++) {
      const u32 a[4] = {f16_pair(w0.w[i]), f16_pair(w1.w[i]), f16_pair(w0.w[i] >> 16),
                        f16_pair(w1.w[i] >> 16)};
      ptx::mma_m16n8k16(c[0][0], a, words_x[i / 2].w[i % 2 * 2], words_x[i / 2].w[i % 2 * 2 + 1], f16{});
    }
  }
}

/// Multiplies the block's tiles of w, as they come, by the rows of x in shared memory. The block's first 256
/// threads.
template <class X, class Done>
__device__ __forceinline__ void multiply_tiles(StagedRows& shared, const char* stages, int stage_count,
                                               int tiles, const char* x, int rows, int depth,
                                               const Done& done) {
  constexpr int kPartBytes = 64;              // 16 for each of the four lanes that share a row
  constexpr int kWarpBytes = 2 * kPartBytes;  // of a row in a stage that a warp multiplies
  constexpr int kBytesOfX = 2 / static_cast<int>(sizeof(X));  // in shared memory, for each one outside
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const int warp = static_cast<int>(threadIdx.x) / 32;
  const int group = lane / 4;
  const int own = warp * kWarpBytes + lane % 4 * 16;
  const int row_bytes = depth * static_cast<int>(sizeof(X));
  const char* const of_x = x + (group < rows ? group : rows - 1) * staged_pitch(depth) + own * kBytesOfX;
  const char* const of_w = stages + group * kStageRowBytes + own;

  int stage = 0, buffer = 0;
  u32 phase = 0;
  for (int tile = static_cast<int>(blockIdx.x); tile < tiles; tile += static_cast<int>(gridDim.x)) {
    float c[1][1][4] = {};
    for (int at = 0; at < row_bytes; at += kStageRowBytes) {
      ptx::mbarrier_wait(&shared.full[stage], phase);
#pragma unroll
      for (int part = 0; part < kWarpBytes; part += kPartBytes) {
        // All lanes multiply, those behind the end of the rows zeros.
        const bool is_inside = at + part + own < row_bytes;
        const char* const place = of_w + stage * kStageBytes + part;
        const Words16 none = {{0, 0, 0, 0}};
        const Words16 w0 = is_inside ? ptx::ld_shared(place) : none;
        const Words16 w1 = is_inside ? ptx::ld_shared(place + 8 * kStageRowBytes) : none;
        multiply_staged_words(c, w0, w1, of_x + (at + part) * kBytesOfX, is_inside, X{});
      }
      __syncwarp();
      if (lane == 0) ptx::mbarrier_arrive(&shared.empty[stage]);
      if (++stage == stage_count) {
        stage = 0;
        phase ^= 1;
      }
    }
    FewRowsParts<1, 1>& parts = shared.parts[buffer];
    parts.keep(warp, 0, 0, c[0][0]);
    ptx::barrier_sync(1, kFewRowsThreads);
    done(tile, parts);
    // Whoever is here has read the parts of the tile before this one, so that the next one may overwrite
    // them.
    buffer ^= 1;
  }
}

#endif  // FUSION_CLUSTER_COUNTS_BYTES

/// Multiplies `rows` rows of x, 1 to 8, by the block's tiles of w: those numbered blockIdx.x, blockIdx.x +
/// gridDim.x and so on, less than `tiles`. The rows of a tile are row_of(tile, 0) to row_of(tile, 15). A row
/// of x or w has `depth` elements and is a multiple of 16 bytes long; x and w are aligned to 16 bytes.
/// `memory` is dynamic shared memory, aligned to 16 bytes, of stage_count (1 to 8) times kStageBytes bytes
/// for w and `rows` times staged_pitch(depth) for x.
///
/// Copies up to `ahead` stages of w, which no kernel ahead may still write, waits for the kernels ahead
/// (griddepcontrol), and only then reads x. For each tile calls done(tile, parts) with the block's first 256
/// threads, which may read parts.sum(0, row, row_of_tile) and must not meet at a barrier of the whole block.
/// Rows of x behind the last are computed as the last one.
///
/// Participants: all 384 threads of the block, which has barriers, one of them at the end. Order of
/// memory: weak.
template <class X, class RowOf, class Done>
__device__ __forceinline__ void multiply_staged_rows(StagedRows& shared, char* memory, int stage_count,
                                                     int ahead, int tiles, const X* x, const X* w, int rows,
                                                     int depth, const RowOf& row_of, const Done& done) {
#if FUSION_CLUSTER_COUNTS_BYTES
  if (threadIdx.x == 0) {
    for (int i = 0; i < stage_count; i++) {
      ptx::mbarrier_init(&shared.full[i], (kStagedThreads - kFewRowsThreads) / 32);
      ptx::mbarrier_init(&shared.empty[i], kFewRowsWarps);
    }
    ptx::fence_mbarrier_init();
  }
  __syncthreads();
  if (threadIdx.x >= kFewRowsThreads) {
    copy_tiles(shared, memory, stage_count, ahead, tiles, w, depth, row_of);
  } else {
    ptx::griddepcontrol_wait();
    char* const of_x = memory + stage_count * kStageBytes;
    copy_x(of_x, x, rows, depth);
    multiply_tiles<X>(shared, memory, stage_count, tiles, of_x, rows, depth, done);
  }
  __syncthreads();
#else
  for (int tile = static_cast<int>(blockIdx.x); tile < tiles; tile += static_cast<int>(gridDim.x)) {
    if (threadIdx.x < kFewRowsThreads) {
      multiply_few_rows(shared.parts[0], x, w, rows, depth, 0,
                        [=](int, int row) { return row_of(tile, row); });
      done(tile, shared.parts[0]);
    } else {
      __syncthreads();  // the one of multiply_few_rows
    }
    __syncthreads();
  }
#endif
}

}  // namespace fusion
