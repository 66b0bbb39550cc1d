#pragma once

#include <fusion/base/integers.cuh>
#include <fusion/base/limits.cuh>

// The sum over a row, in one tree that depends on the row's length alone, not on the number of threads or on
// the chip. So a row has the same sum whoever computes it, and the C# reference gets the same bits.
//
// The row is cut into vectors of 8 elements (kRowVector), 32 vectors are a tile (kRowTile).
//   1. The caller sums the 8 elements of a vector; a vector beyond the row's end counts 0.
//   2. A tile: vector l is added to vector l^16, then l^8, l^4, l^2, l^1.
//   3. Lane l of 32 adds the tiles l, l+32, l+64, l+96 to 0, in that order; then the lanes are added as in 2.
// All of it is in float, rounded to nearest after each addition. Addition commutes, so all lanes come to the
// same bits.

namespace fusion {

/// Number of vectors in a tile: the lanes of a warp.
constexpr int kRowTile = 32;
/// Number of tiles in the longest row.
constexpr int kMaxRowTiles = kLongestRow / (kRowVector * kRowTile);

/// Shared memory of a block for one row_sum.
struct RowScratch {
  float tiles[kMaxRowTiles];
  u64 arrived;  // barrier that counts the bytes of `tiles` where several blocks share a row
};

/// Step 2 of the tree. All 32 lanes of the warp call it together; each gets the sum.
__device__ __forceinline__ float warp_sum(float value) {
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2) {
    value = __fadd_rn(value, __shfl_xor_sync(0xffffffffu, value, distance));
  }
  return value;
}

/// Sums a row over a block.
///
/// Participants: all threads of the block, in one dimension, any multiple of 32 of them. Thread t calls
/// sum_vector(v) for the vectors v = t, t + blockDim.x, ... of the row, so neighbouring threads read
/// neighbouring vectors. Every thread gets the sum.
///
/// Order: one block barrier lies between the calls of sum_vector and the return. Another must lie between two
/// sums that use the same scratch.
///
/// `vectors` is the row's length in vectors, from 1 to kLongestRow / kRowVector. `sum_vector` is float(int
/// v), step 1 of the tree.
template <class SumVector>
__device__ __forceinline__ float row_sum(int vectors, RowScratch& scratch, SumVector sum_vector) {
  const int lane = static_cast<int>(threadIdx.x) % kRowTile;
  const int warp = static_cast<int>(threadIdx.x) / kRowTile;
  const int warps = static_cast<int>(blockDim.x) / kRowTile;
  const int tiles = (vectors + kRowTile - 1) / kRowTile;

  for (int tile = warp; tile < tiles; tile += warps) {
    const int v = tile * kRowTile + lane;
    const float sum = warp_sum(v < vectors ? sum_vector(v) : 0.0f);
    if (lane == 0) scratch.tiles[tile] = sum;
  }
  __syncthreads();

  float sum = 0.0f;
  for (int tile = lane; tile < tiles; tile += kRowTile) sum = __fadd_rn(sum, scratch.tiles[tile]);
  return warp_sum(sum);
}

}  // namespace fusion
