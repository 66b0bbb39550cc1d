#pragma once

#include <fusion/norm/row_sum.cuh>
#include <fusion/ptx/warp.cuh>

// Reductions over a row whose octets the block's threads hold in registers: thread t has the octets t, t +
// blockDim.x, …, V of them at most. The sum's tree is that of row_sum, so its bits are those of any other
// block size.
//
// Participants: all threads of the block, in one dimension, a multiple of 32 of them, V * blockDim.x at least
// the octets. Every thread gets the result. Order: one block barrier lies in each reduction. Two scratches in
// turn are enough for any number of reductions, since no thread is more than one barrier ahead of another.

namespace fusion {

struct RowReducer {
  RowScratch* scratches;  // two, in shared memory
  int turn;               // which is next: 0 or 1

  /// row_sum of the partial sums of octets; 0 for octets beyond the row's end.
  template <int V>
  __device__ __forceinline__ float sum(const float (&partial)[V], int octets) {
    const int lane = static_cast<int>(threadIdx.x) % kRowTile;
    const int warp = static_cast<int>(threadIdx.x) / kRowTile;
    const int warps = static_cast<int>(blockDim.x) / kRowTile;
    const int tiles = (octets + kRowTile - 1) / kRowTile;
    float* sums = scratches[turn].tiles;
    turn ^= 1;
#pragma unroll
    for (int v = 0; v < V; v++) {
      const int tile = warp + v * warps;
      const float tile_sum = warp_sum(partial[v]);
      if (lane == 0 && tile < tiles) sums[tile] = tile_sum;
    }
    __syncthreads();
    float total = 0.0f;
    for (int tile = lane; tile < tiles; tile += kRowTile) total = __fadd_rn(total, sums[tile]);
    return warp_sum(total);
  }

  /// The largest of the threads' values, which are not negative and not NaN; the order does not matter.
  __device__ __forceinline__ float max(float value) {
    const int lane = static_cast<int>(threadIdx.x) % kRowTile;
    const int warp = static_cast<int>(threadIdx.x) / kRowTile;
    const int warps = static_cast<int>(blockDim.x) / kRowTile;
    float* largest = scratches[turn].tiles;
    turn ^= 1;
    const u32 mine = ptx::redux_max(__float_as_uint(value));
    if (lane == 0) largest[warp] = __uint_as_float(mine);
    __syncthreads();
    return __uint_as_float(ptx::redux_max(lane < warps ? __float_as_uint(largest[lane]) : 0u));
  }
};

}  // namespace fusion
