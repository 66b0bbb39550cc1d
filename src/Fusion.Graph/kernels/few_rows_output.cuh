#pragma once

#include <fusion/matmul/few_rows.cuh>
#include <fusion/ptx/convert.cuh>

namespace fusion {

/// Where the sums of a matmul of few rows go: y [rows, columns], with bias [columns] or nullptr.
template <class Y, class B>
struct FewRowsOutput {
  Y* y;
  const B* bias;
  const float* input_scale;   // nullptr for 1
  const float* weight_scale;  // nullptr for 1
  int scale_per_row;          // not 0: the input has one for each row of x, the weight for each row of w
  float alpha;

  /// Writes the sum for a row and a column.
  __device__ __forceinline__ void write(float sum, int row, int column, int columns) const {
    const float of_input = input_scale == nullptr ? 1.0f : input_scale[scale_per_row != 0 ? row : 0];
    const float of_weight = weight_scale == nullptr ? 1.0f : weight_scale[scale_per_row != 0 ? column : 0];
    sum = __fmul_rn(sum, __fmul_rn(__fmul_rn(of_input, of_weight), alpha));
    if (bias != nullptr) sum = __fadd_rn(sum, to_float(bias[column]));
    y[static_cast<i64>(row) * columns + column] = ptx::round_to<Y>(sum);
  }

  /// Writes the sums of `width` columns, of which the first is `first`, but for those behind the last one.
  /// Participants: the block's first 256 threads.
  template <int Tiles, int Groups>
  __device__ __forceinline__ void store(const FewRowsParts<Tiles, Groups>& parts, int first, int width,
                                        int rows, int columns) const {
    constexpr int kColumns = Tiles * kFewRowsTile;
    for (int i = static_cast<int>(threadIdx.x); i < rows * kColumns; i += kFewRowsThreads) {
      const int row = i / kColumns, of_tiles = i % kColumns, column = first + of_tiles;
      if (of_tiles >= width || column >= columns) continue;
      write(parts.sum(of_tiles / kFewRowsTile, row, of_tiles % kFewRowsTile), row, column, columns);
    }
  }
};

}  // namespace fusion
