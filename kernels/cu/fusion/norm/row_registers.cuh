#pragma once

#include <fusion/norm/row_sum.cuh>
#include <fusion/ptx/cluster.cuh>
#include <fusion/ptx/warp.cuh>

// Reductions (sum, max, amax) over a row whose octets the threads of one block, or of a cluster of `parts`
// blocks, hold in registers. The threads of all these blocks are numbered block by block, and thread t has
// the octets t, t + threads, ..., at most V of them. The sum's tree is that of row_sum, so its bits do not
// depend on the number of threads.
//
// Participants: all threads of the block or cluster, in one dimension, a multiple of 32 in a block. Every
// thread gets the result. Order: in each reduction a thread waits for all warps of the block or cluster. Two
// scratches in turn are enough for any number of reductions, since no warp is more than one reduction ahead
// of another: its values are waited for in the next one.

namespace fusion {

/// The reductions as one thread calls them.
struct RowReducer {
  RowScratch* scratches;  // two, in shared memory
  int part;               // number of this block in the row's cluster
  int parts;              // blocks of the cluster
  u32 uses;               // number of reductions so far: they use the scratches in turn
  bool met;               // whether all blocks of the cluster are known to have started

  /// Starts the meeting of the cluster's blocks, without which none may write to another's memory; the first
  /// reduction waits for the others.
  __device__ __forceinline__ RowReducer(RowScratch* two_scratches, int own_part, int all_parts)
      : scratches(two_scratches), part(own_part), parts(all_parts), uses(0), met(all_parts == 1) {
    if (met) return;
#if FUSION_CLUSTER_COUNTS_BYTES
    if (threadIdx.x == 0) {
      ptx::mbarrier_init(&scratches[0].arrived);
      ptx::mbarrier_init(&scratches[1].arrived);
      ptx::fence_mbarrier_init();
    }
    ptx::barrier_cluster_arrive_relaxed();
#else
    ptx::barrier_cluster_arrive();
#endif
  }

  /// Number of the thread's octet v in the row; the row may end before it.
  __device__ __forceinline__ int octet(int v) const {
    return static_cast<int>(threadIdx.x + (part + v * parts) * blockDim.x);
  }

  /// row_sum of the partial sums of octets; 0 for octets beyond the row's end.
  template <int V>
  __device__ __forceinline__ float sum(const float (&partial)[V], int octets) {
    const int tiles = (octets + kRowTile - 1) / kRowTile;
    RowScratch& scratch = next_scratch(V);
#pragma unroll
    for (int v = 0; v < V; v++) publish(scratch, warp() + v * warps(), warp_sum(partial[v]));
    wait(scratch);
    float total = 0.0f;
    for (int tile = lane(); tile < tiles; tile += kRowTile) total = __fadd_rn(total, scratch.tiles[tile]);
    return warp_sum(total);
  }

  /// The largest of the threads' numbers, negative and infinite ones too, or NaN if one of them is NaN. +0
  /// counts as larger than -0. The order does not matter. A thread that has no element gives
  /// -infinity. At most kMaxRowTiles warps.
  __device__ __forceinline__ float max(float value) { return from_key(max_of_bits(to_key(value))); }

  /// The largest of the threads' magnitudes (absolute values), for scales of a quantization: max for values
  /// that are not negative and not NaN, and cheaper. Other values give a wrong result. A thread that has no
  /// element gives 0. At most kMaxRowTiles warps.
  __device__ __forceinline__ float amax(float magnitude) {
    return __uint_as_float(max_of_bits(__float_as_uint(magnitude)));
  }

 private:
  /// Integers in the order of the floats; NaN of either sign is the largest, and 0 is less than all.
  static __device__ __forceinline__ u32 to_key(float value) {
    const u32 bits = __float_as_uint(value);
    if ((bits & 0x7FFFFFFFu) > 0x7F800000u) return 0xFFFFFFFFu;
    return (bits & 0x80000000u) != 0 ? ~bits : bits | 0x80000000u;
  }

  /// The inverse of to_key; NaN is 0x7FFFFFFF.
  static __device__ __forceinline__ float from_key(u32 key) {
    return __uint_as_float((key & 0x80000000u) != 0 ? key & 0x7FFFFFFFu : ~key);
  }

  __device__ __forceinline__ u32 max_of_bits(u32 bits) {
    RowScratch& scratch = next_scratch(1);
    publish(scratch, warp(), __uint_as_float(ptx::redux_max(bits)));
    wait(scratch);
    u32 largest = 0;
    for (int w = lane(); w < warps(); w += kRowTile) {
      const u32 other = __float_as_uint(scratch.tiles[w]);
      largest = other > largest ? other : largest;
    }
    return ptx::redux_max(largest);
  }

  static __device__ __forceinline__ int lane() { return static_cast<int>(threadIdx.x) % kRowTile; }

  /// Number of the warp among those of all blocks of the row, and how many there are.
  __device__ __forceinline__ int warp() const {
    return (part * static_cast<int>(blockDim.x) + static_cast<int>(threadIdx.x)) / kRowTile;
  }
  __device__ __forceinline__ int warps() const { return parts * static_cast<int>(blockDim.x) / kRowTile; }

  /// The scratch of the next reduction, in which each warp of the row writes `values` values.
  __device__ __forceinline__ RowScratch& next_scratch(int values) {
    if (!met) ptx::barrier_cluster_wait();
    met = true;
    RowScratch& scratch = scratches[uses % 2];
#if FUSION_CLUSTER_COUNTS_BYTES
    if (parts != 1 && threadIdx.x == 0)
      ptx::mbarrier_expect(&scratch.arrived, static_cast<u32>(warps() * values) * sizeof(float));
#endif
    return scratch;
  }

  /// Writes a warp's value to the scratches of all blocks of the row.
  __device__ __forceinline__ void publish(RowScratch& scratch, int place, float value) const {
    if (parts == 1) {
      if (lane() == 0) scratch.tiles[place] = value;
    } else if (lane() < parts) {
#if FUSION_CLUSTER_COUNTS_BYTES
      ptx::st_async_cluster(scratch.tiles + place, &scratch.arrived, static_cast<u32>(lane()), value);
#else
      ptx::st_shared_cluster(scratch.tiles + place, static_cast<u32>(lane()), value);
#endif
    }
  }

  /// Waits for the values of all warps of the row.
  __device__ __forceinline__ void wait(RowScratch& scratch) {
    const u32 use = uses++;
    if (parts == 1) {
      __syncthreads();
    } else {
#if FUSION_CLUSTER_COUNTS_BYTES
      ptx::mbarrier_wait(&scratch.arrived, use / 2 % 2);
#else
      ptx::barrier_cluster_arrive();
      ptx::barrier_cluster_wait();
#endif
    }
  }
};

}  // namespace fusion
