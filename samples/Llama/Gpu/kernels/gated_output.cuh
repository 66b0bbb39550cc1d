#pragma once

#include <fusion/matmul/few_rows.cuh>
#include <fusion/ptx/convert.cuh>
#include <fusion/quant/e4m3.cuh>

#include "silu.cuh"

namespace llama {

using namespace fusion;

constexpr int kGatedColumns = kFewRowsTile / 2;  // of a tile: eight of gate and the same eight of up

/// Where silu(gate) * up goes.
template <class T>
struct GatedOutput {
  T* y;

  __device__ __forceinline__ void store(i64 at, T value) const { y[at] = value; }
};

/// Codes of static FP8: those of x * (1 / scale).
template <>
struct GatedOutput<e4m3> {
  e4m3* y;
  float factor;

  template <class T>
  __device__ __forceinline__ void store(i64 at, T value) const {
    y[at] = e4m3{static_cast<u8>(e4m3_pair(__fmul_rn(to_float(value), factor), 0.0f))};
  }
};

/// Writes what `tiles` tiles of gate and up make, to y [rows, columns]; `first` is the first column. T: what
/// gate, up and their product are rounded to. input_scale, weight_scale: one f32 each, or both nullptr for 1.
/// Participants: 256 threads, the block's first ones.
template <class T, int Tiles, int Groups, class Y>
__device__ __forceinline__ void store_gated(const FewRowsParts<Tiles, Groups>& parts, const GatedOutput<Y>& y,
                                            int first, int tiles, const float* input_scale,
                                            const float* weight_scale, int rows, int columns) {
  constexpr int kRows = Groups * kFewRowsAtOnce;
  // A lane each for gate and up; all lanes of a warp take part.
  const float scale = input_scale == nullptr ? 1.0f : __fmul_rn(*input_scale, *weight_scale);
  const int lane = static_cast<int>(threadIdx.x) % kFewRowsTile;
  for (int i = static_cast<int>(threadIdx.x); i < tiles * kRows * kFewRowsTile; i += kFewRowsThreads) {
    const int row = i / kFewRowsTile % kRows, tile = i / kFewRowsTile / kRows;
    const float value = to_float(ptx::round_to<T>(__fmul_rn(parts.sum(tile, row, lane), scale)));
    const float up = __shfl_down_sync(0xffffffffu, value, kGatedColumns);
    const int column = first + tile * kGatedColumns + lane;
    if (lane < kGatedColumns && row < rows && column < columns)
      y.store(static_cast<i64>(row) * columns + column, ptx::round_to<T>(silu_times(value, up)));
  }
}

}  // namespace llama
