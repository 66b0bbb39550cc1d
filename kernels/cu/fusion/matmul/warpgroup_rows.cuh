#pragma once

#include <fusion/base/bf16.cuh>
#include <fusion/base/e4m3.cuh>
#include <fusion/base/f16.cuh>
#include <fusion/ptx/block.cuh>
#include <fusion/ptx/grid.cuh>
#include <fusion/ptx/tensor_copy.cuh>
#include <fusion/ptx/warpgroup.cuh>

// Matrix products of 9 to 32 rows, as decode of many sequences has them: x * transpose of w on Hopper, by
// products of warpgroups (fusion/ptx/warpgroup.cuh). A tile is some rows of w, or of each of two matrices w.
// Two warps of a block copy boxes of w and of x to rings in shared memory by tensor maps, w before the
// kernels ahead have ended; two warpgroups multiply. A sum has a fixed order that neither depends on the
// number of rows of x, nor on the other rows, nor on how w's rows are dealt out to tiles.
//
// A product of warpgroups has 64 rows of x, and takes as long for fewer. The 32 rows therefore lie there
// twice, with two parts of the depth, and so do the rows of w: of the four products that one product then
// makes, those of a part with itself are wanted, the others are not.

namespace fusion {

constexpr int kWarpgroupRows = 32;      // of x
constexpr int kWarpgroupThreads = 320;  // of a block: eight warps that multiply, two that copy
constexpr int kWarpgroupMultipliers = 256;
constexpr int kWarpgroupChunkBytes = 128;  // of a row: what a box has of it
constexpr int kWarpgroupChunks = 2;        // of a stage, which are summed up apart from each other
constexpr int kWarpgroupMostStages = 16;

/// What the warpgroups make of a tile: sums of the even and of the odd chunks of the depth, each for Rows
/// rows of x and Columns rows of w.
template <int Columns>
struct WarpgroupParts {
  // Eight more than a multiple of 16 words: lanes that keep sums meet in a bank two at a time at most.
  static constexpr int kPitch = Columns % 16 == 8 ? Columns : Columns + 8;

  float of_group[2][kWarpgroupChunks][kWarpgroupRows][kPitch];

  /// The sum of a group's chunks for a row of x and a row of the tile. After the multipliers' barrier.
  __device__ __forceinline__ float of(int group, int row, int of_tile) const {
    return __fadd_rn(of_group[group][0][row][of_tile], of_group[group][1][row][of_tile]);
  }

  /// The sum of both groups, which have parts of the depth where there is one matrix w.
  __device__ __forceinline__ float sum(int row, int of_tile) const {
    return __fadd_rn(of(0, row, of_tile), of(1, row, of_tile));
  }
};

/// How a kernel of warpgroups is launched, and where its matrices are.
struct WarpgroupCall {
  const void* map_of_x;  // addresses of tensor maps: boxes of [2 chunks][32][128 bytes]
  const void* map_of_w;  // and of [2 chunks][Columns][128 bytes]
  int chunks;            // of 128 bytes that a row of x or w has
  int tiles;
  int second;       // the first row of the second matrix w, where there are two
  int stages_of_w;  // two at least, an even number unless there are two matrices
  int stages_of_x;  // the same
  int parts_at;     // where WarpgroupParts lie in the memory, in bytes
  bool is_w_ready;  // whether w may be read before the kernels ahead have ended
  bool lets_next_start;
};

/// Barriers of the rings of boxes, which lie in dynamic shared memory. Matrices: 1, or 2 for two matrices w
/// whose tiles are made together.
template <int Columns, int Matrices>
struct WarpgroupRings {
  static constexpr int kBytesOfX = kWarpgroupChunks * kWarpgroupRows * kWarpgroupChunkBytes;  // of a stage
  static constexpr int kBytesOfW = Matrices * kWarpgroupChunks * Columns * kWarpgroupChunkBytes;

  u64 full_x[kWarpgroupMostStages], empty_x[kWarpgroupMostStages];
  u64 full_w[kWarpgroupMostStages], empty_w[kWarpgroupMostStages];
};

#if FUSION_HAS_WARPGROUPS

/// A place in a ring and the phase of its barriers.
struct RingPlace {
  int stage = 0;
  u32 phase = 0;

  __device__ __forceinline__ void advance(int stages) {
    if (++stage == stages) {
      stage = 0;
      phase ^= 1;
    }
  }
};

/// Copies the boxes of w of the block's tiles. One thread.
template <int Columns, int Matrices>
__device__ __forceinline__ void copy_boxes_of_w(WarpgroupRings<Columns, Matrices>& rings, char* ring,
                                                const WarpgroupCall& call) {
  using Rings = WarpgroupRings<Columns, Matrices>;
  if (!call.is_w_ready) ptx::griddepcontrol_wait();
  RingPlace at;
  for (int tile = static_cast<int>(blockIdx.x); tile < call.tiles; tile += static_cast<int>(gridDim.x)) {
    for (int chunk = 0; chunk < call.chunks; chunk += kWarpgroupChunks) {
      u64* const full = &rings.full_w[at.stage];
      ptx::mbarrier_wait_own(&rings.empty_w[at.stage], at.phase ^ 1);
      ptx::mbarrier_expect(full, Rings::kBytesOfW);
      char* const to = ring + at.stage * Rings::kBytesOfW;
#pragma unroll
      for (int m = 0; m < Matrices; m++)
        ptx::copy_box_once(to + m * (Rings::kBytesOfW / Matrices), call.map_of_w, 0,
                           m * call.second + tile * Columns, chunk, full);
      at.advance(call.stages_of_w);
    }
  }
}

/// Copies the boxes of x, once for each tile. One thread.
template <int Columns, int Matrices>
__device__ __forceinline__ void copy_boxes_of_x(WarpgroupRings<Columns, Matrices>& rings, char* ring,
                                                const WarpgroupCall& call) {
  using Rings = WarpgroupRings<Columns, Matrices>;
  ptx::griddepcontrol_wait();
  RingPlace at;
  for (int tile = static_cast<int>(blockIdx.x); tile < call.tiles; tile += static_cast<int>(gridDim.x)) {
    for (int chunk = 0; chunk < call.chunks; chunk += kWarpgroupChunks) {
      u64* const full = &rings.full_x[at.stage];
      ptx::mbarrier_wait_own(&rings.empty_x[at.stage], at.phase ^ 1);
      ptx::mbarrier_expect(full, Rings::kBytesOfX);
      ptx::copy_box(ring + at.stage * Rings::kBytesOfX, call.map_of_x, 0, 0, chunk, full);
      at.advance(call.stages_of_x);
    }
  }
}

/// Sums of a warpgroup for a tile, of even chunks in the first half of its warps and of odd ones in the
/// second. Those of e4m3 begin anew in each chunk and are added up in f32, since a product adds them with
/// fewer bits.
template <int Columns, class X>
struct WarpgroupSums {
  static constexpr bool kIsAnew = sizeof(X) == 1;
  static constexpr int kHalf = Columns / 2;  // registers that a lane wants of a product

  float sums[kIsAnew ? kHalf : 2 * kHalf];

  __device__ __forceinline__ void clear() {
#pragma unroll
    for (float& sum : sums) sum = 0;
  }

  /// Whether the caller's warp has the odd chunks.
  static __device__ __forceinline__ bool is_odd(int warp) { return warp % 4 >= 2; }

  /// Multiplies the boxes of a stage; `release` is called when they have been read.
  template <class Release>
  static __device__ __forceinline__ void multiply(float (&to)[2 * kHalf], u64 x, u64 w,
                                                  const Release& release) {
    constexpr int kProducts = 4;  // of a chunk
    ptx::warpgroup_fence();
#pragma unroll
    for (int i = 0; i < kProducts; i++)
      ptx::warpgroup_multiply(to, x + i * ptx::kNextMatrix, w + i * ptx::kNextMatrix, !kIsAnew || i > 0, X{});
    ptx::warpgroup_commit();
    ptx::warpgroup_wait<0>();
    release();
    ptx::after_warpgroup_wait(to);
  }

  /// Adds the products of a stage.
  template <class Release>
  __device__ __forceinline__ void add(u64 x, u64 w, int warp, const Release& release) {
    if constexpr (kIsAnew) {
      float products[2 * kHalf];
      multiply(products, x, w, release);
      const bool odd = is_odd(warp);
#pragma unroll
      for (int i = 0; i < kHalf; i++) sums[i] = __fadd_rn(sums[i], odd ? products[kHalf + i] : products[i]);
    } else {
      multiply(sums, x, w, release);
    }
  }

  /// Keeps the sums where all multipliers can read them.
  __device__ __forceinline__ void keep(WarpgroupParts<Columns>& parts, int group, int warp) const {
    const int lane = static_cast<int>(threadIdx.x) % 32;
    const bool odd = is_odd(warp);
    const int first_row = warp % 2 * 16 + lane / 4;
#pragma unroll
    for (int i = 0; i < kHalf; i += 2) {
      const int of_odd = kIsAnew ? i : kHalf + i;
      const float2 pair = odd ? float2{sums[of_odd], sums[of_odd + 1]} : float2{sums[i], sums[i + 1]};
      float* const row = parts.of_group[group][odd ? 1 : 0][first_row + i / 2 % 2 * 8];
      *reinterpret_cast<float2*>(row + i / 4 * 8 + lane % 4 * 2) = pair;
    }
  }
};

/// Multiplies the block's tiles as their boxes come. With one matrix w the warpgroups take the stages in
/// turn, with two each has one of them. The block's first 256 threads.
template <int Columns, int Matrices, class X, class Done>
__device__ __forceinline__ void multiply_boxes(WarpgroupRings<Columns, Matrices>& rings,
                                               const char* ring_of_x, const char* ring_of_w,
                                               WarpgroupParts<Columns>& parts, const WarpgroupCall& call,
                                               int warp, X, const Done& done) {
  using Rings = WarpgroupRings<Columns, Matrices>;
  constexpr int kEach = Matrices == 1 ? 2 : 1;  // stages from one of a warpgroup to its next
  const int group = warp / 4, lane = static_cast<int>(threadIdx.x) % 32;
  const int count = (call.chunks + kWarpgroupChunks - 1) / kWarpgroupChunks;
  ptx::griddepcontrol_wait();

  RingPlace of_x, of_w;
  const auto advance = [&] {
    of_x.advance(call.stages_of_x);
    of_w.advance(call.stages_of_w);
  };
  int step = Matrices == 1 ? group : 0, end = count;
  if (step != 0) advance();
  for (int tile = static_cast<int>(blockIdx.x); tile < call.tiles; tile += static_cast<int>(gridDim.x)) {
    WarpgroupSums<Columns, X> sums;
    sums.clear();
    for (; step < end; step += kEach) {
      ptx::mbarrier_wait_own(&rings.full_w[of_w.stage], of_w.phase);
      ptx::mbarrier_wait_own(&rings.full_x[of_x.stage], of_x.phase);
      const char* const w = ring_of_w + of_w.stage * Rings::kBytesOfW +
                            (Matrices == 1 ? 0 : group * (Rings::kBytesOfW / Matrices));
      sums.add(ptx::shared_matrix(ring_of_x + of_x.stage * Rings::kBytesOfX), ptx::shared_matrix(w), warp,
               [&] {
                 if (lane != 0) return;
                 ptx::mbarrier_arrive(&rings.empty_w[of_w.stage]);
                 ptx::mbarrier_arrive(&rings.empty_x[of_x.stage]);
               });
#pragma unroll
      for (int i = 0; i < kEach; i++) advance();
    }
    // All have read the boxes, on which the parts may lie, and the parts of the tile before this one.
    ptx::barrier_sync(2, kWarpgroupMultipliers);
    sums.keep(parts, group, warp);
    ptx::barrier_sync(1, kWarpgroupMultipliers);
    done(tile, parts);
    end += count;
  }
}

#endif  // FUSION_HAS_WARPGROUPS

/// Multiplies up to 32 rows of x by the block's tiles of Columns rows of w, or of two matrices
/// w: 24, 32, 40 or 56. A row of x or w is a multiple of 128 bytes long. `memory` is dynamic shared memory,
/// aligned to 1024 bytes, with room for stages_of_x times kBytesOfX, then stages_of_w times kBytesOfW, and
/// from parts_at on for WarpgroupParts<Columns>: behind these, or on top of them where no block has
/// more than one tile. The block's tiles are those numbered blockIdx.x, blockIdx.x + gridDim.x and so on.
///
/// Copies as many boxes of w as there is room for, waits for the kernels ahead (griddepcontrol), and only
/// then reads x. For each tile calls done(tile, parts) with the block's first 256 threads, which may read
/// parts.sum(row, of_tile), or parts.of(matrix, row, of_tile) of two, and must not meet at a barrier of the
/// whole block.
///
/// Participants: all 320 threads of the block, which has a barrier. Order of memory: weak. Only where
/// FUSION_HAS_WARPGROUPS is 1; elsewhere it traps.
template <int Columns, int Matrices, class X, class Done>
__device__ __forceinline__ void multiply_warpgroup_rows(WarpgroupRings<Columns, Matrices>& rings,
                                                        char* memory, const WarpgroupCall& call, X type,
                                                        const Done& done) {
#if FUSION_HAS_WARPGROUPS
  using Rings = WarpgroupRings<Columns, Matrices>;
  char* const ring_of_w = memory + call.stages_of_x * Rings::kBytesOfX;
  auto& parts = *reinterpret_cast<WarpgroupParts<Columns>*>(memory + call.parts_at);
  const int warp = ptx::uniform_warp(), lane = static_cast<int>(threadIdx.x) % 32;

  if (threadIdx.x == 0) {
    constexpr int kReaders = Matrices == 1 ? 4 : 8;  // warps that read a stage
    for (int i = 0; i < call.stages_of_x; i++) {
      ptx::mbarrier_init(&rings.full_x[i], 1);
      ptx::mbarrier_init(&rings.empty_x[i], kReaders);
    }
    for (int i = 0; i < call.stages_of_w; i++) {
      ptx::mbarrier_init(&rings.full_w[i], 1);
      ptx::mbarrier_init(&rings.empty_w[i], kReaders);
    }
    ptx::fence_mbarrier_init();
  }
  if (call.lets_next_start) ptx::griddepcontrol_launch_dependents();
  __syncthreads();

  if (warp == kWarpgroupMultipliers / 32) {
    ptx::prefetch_tensor_map(call.map_of_w);
    if (lane == 0) copy_boxes_of_w(rings, ring_of_w, call);
  } else if (warp == kWarpgroupMultipliers / 32 + 1) {
    ptx::prefetch_tensor_map(call.map_of_x);
    if (lane == 0) copy_boxes_of_x(rings, memory, call);
  } else {
    multiply_boxes(rings, memory, ring_of_w, parts, call, warp, type, done);
  }
#else
  __trap();
#endif
}

}  // namespace fusion
