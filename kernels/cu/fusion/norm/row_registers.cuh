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
// thread gets the result. Order: one barrier of these threads lies in each reduction. Two scratches in turn
// are enough for any number of reductions, since no thread is more than one barrier ahead of another.

namespace fusion {

/// The reductions as one thread calls them.
struct RowReducer {
  RowScratch* scratches;  // two, in shared memory
  int part;               // number of this block in the row's cluster
  int parts;              // blocks of the cluster
  int turn;               // which scratch is next: 0 or 1
  bool met;               // whether all blocks of the cluster are known to have started

  /// Starts the meeting of the cluster's blocks, without which none may write to another's memory; the first
  /// reduction waits for the others.
  __device__ __forceinline__ RowReducer(RowScratch* two_scratches, int own_part, int all_parts)
      : scratches(two_scratches), part(own_part), parts(all_parts), turn(0), met(all_parts == 1) {
    if (!met) ptx::barrier_cluster_arrive();
  }

  /// Number of the thread's octet v in the row; the row may end before it.
  __device__ __forceinline__ int octet(int v) const {
    return static_cast<int>(threadIdx.x + (part + v * parts) * blockDim.x);
  }

  /// row_sum of the partial sums of octets; 0 for octets beyond the row's end.
  template <int V>
  __device__ __forceinline__ float sum(const float (&partial)[V], int octets) {
    const int tiles = (octets + kRowTile - 1) / kRowTile;
    float* sums = next_scratch();
#pragma unroll
    for (int v = 0; v < V; v++) {
      const int tile = warp() + v * warps();
      const float tile_sum = warp_sum(partial[v]);
      if (tile < tiles) publish(sums + tile, tile_sum);
    }
    barrier();
    float total = 0.0f;
    for (int tile = lane(); tile < tiles; tile += kRowTile) total = __fadd_rn(total, sums[tile]);
    return warp_sum(total);
  }

  /// The largest of the threads' numbers, negative and infinite ones too, or NaN if one of them is NaN. +0
  /// counts as larger than -0. The order does not matter. A thread that has no element gives -infinity. At
  /// most 32 warps.
  __device__ __forceinline__ float max(float value) { return from_key(max_of_bits(to_key(value))); }

  /// The largest of the threads' magnitudes (absolute values), for scales of a quantization: max for values
  /// that are not negative and not NaN, and cheaper. Other values give a wrong result. A thread that has no
  /// element gives 0. At most 32 warps.
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
    float* largest = next_scratch();
    publish(largest + warp(), __uint_as_float(ptx::redux_max(bits)));
    barrier();
    return ptx::redux_max(lane() < warps() ? __float_as_uint(largest[lane()]) : 0u);
  }

  static __device__ __forceinline__ int lane() { return static_cast<int>(threadIdx.x) % kRowTile; }

  /// Number of the warp among those of all blocks of the row, and how many there are.
  __device__ __forceinline__ int warp() const {
    return (part * static_cast<int>(blockDim.x) + static_cast<int>(threadIdx.x)) / kRowTile;
  }
  __device__ __forceinline__ int warps() const { return parts * static_cast<int>(blockDim.x) / kRowTile; }

  __device__ __forceinline__ float* next_scratch() {
    if (!met) ptx::barrier_cluster_wait();
    met = true;
    float* scratch = scratches[turn].tiles;
    turn ^= 1;
    return scratch;
  }

  /// Writes a warp's value to the scratches of all blocks of the row.
  __device__ __forceinline__ void publish(float* place, float value) const {
    if (parts == 1) {
      if (lane() == 0) *place = value;
    } else if (lane() < parts) {
      ptx::st_shared_cluster(place, static_cast<u32>(lane()), value);
    }
  }

  __device__ __forceinline__ void barrier() const {
    if (parts == 1) {
      __syncthreads();
    } else {
      ptx::barrier_cluster_arrive();
      ptx::barrier_cluster_wait();
    }
  }
};

}  // namespace fusion
