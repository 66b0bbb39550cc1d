#pragma once

#include <fusion/base/integers.cuh>

// Where the scale of block k of row m is, with K blocks a row: docs/numbers.md, step 5. Each thread acts for
// itself.

namespace fusion {

enum class ScaleLayout : int { Linear = 0, Swizzled8x4 = 1, Swizzled128x4 = 2 };

/// Rows of a tile: the buffer has a multiple of them.
__device__ __forceinline__ int scale_tile_rows(ScaleLayout layout) {
  return layout == ScaleLayout::Swizzled128x4 ? 128 : layout == ScaleLayout::Swizzled8x4 ? 8 : 1;
}

/// Blocks of a row with padding.
__device__ __forceinline__ int scale_columns(ScaleLayout layout, int blocks) {
  return layout == ScaleLayout::Linear ? blocks : (blocks + 3) / 4 * 4;
}

/// Offset in bytes. Four neighbouring blocks from a multiple of 4 on are four neighbouring bytes in every
/// layout.
__device__ __forceinline__ u64 scale_offset(ScaleLayout layout, u32 row, u32 block, u32 blocks) {
  const u32 tiles = (blocks + 3) / 4;
  if (layout == ScaleLayout::Linear) return static_cast<u64>(row) * blocks + block;
  if (layout == ScaleLayout::Swizzled8x4)
    return (static_cast<u64>(row / 8) * tiles + block / 4) * 32 + (row % 8) * 4 + block % 4;
  return (static_cast<u64>(row / 128) * tiles + block / 4) * 512 + (row % 32) * 16 + (row % 128) / 32 * 4 +
         block % 4;
}

/// The four rows whose scales, of 4 blocks each, lie in 16 bytes of a tile: `first` and those `step` apart.
struct RowsOf16Bytes {
  u32 first;
  u32 step;
};

/// The rows of the 16 bytes number `i` of a tile; not for the linear layout, which has no tiles.
__device__ __forceinline__ RowsOf16Bytes rows_of_16_bytes(ScaleLayout layout, u32 i) {
  if (layout == ScaleLayout::Swizzled128x4) return {i, 32};
  return {i * 4, 1};
}

}  // namespace fusion
