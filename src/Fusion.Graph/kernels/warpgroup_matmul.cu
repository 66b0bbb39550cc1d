#include <cuda.h>

#include <fusion/matmul/warpgroup_rows.cuh>

#include "few_rows_output.cuh"

using namespace fusion;

// The matmuls of 9 to 32 rows on Hopper, with weights that come to shared memory ahead of the products.

namespace {

/// map_of_x and map_of_w: tensor maps of x [rows, depth] and w [columns, depth] as [chunks][rows][128 bytes],
/// of elements of one byte, with boxes of [2][32][128] and [2][Columns][128], permuted in 128 bytes. y
/// [rows, columns], bias [columns] or nullptr. Rows: 1 to 32. A row of x or w is `chunks` times 128 bytes
/// long. Grid: x as large as there is room for, at most the tiles of Columns columns. Block: 320 threads,
/// with dynamic shared memory as multiply_warpgroup_rows says.
template <int Columns, class X, class Y, class B>
__device__ __forceinline__ void multiply(X type, const FewRowsOutput<Y, B>& y, int rows, int columns,
                                         const WarpgroupCall& call) {
  extern __shared__ __align__(1024) char memory[];
  __shared__ WarpgroupRings<Columns, 1> rings;
  multiply_warpgroup_rows(rings, memory, call, type, [&](int tile, const WarpgroupParts<Columns>& parts) {
    for (int i = static_cast<int>(threadIdx.x); i < rows * Columns; i += kWarpgroupMultipliers) {
      const int row = i / Columns, of_tile = i % Columns, column = tile * Columns + of_tile;
      if (column < columns) y.write(parts.sum(row, of_tile), row, column, columns);
    }
  });
}

}  // namespace

#define FUSION_WARPGROUP(name, X, Y, B, Columns)                                                             \
  extern "C" __global__ void __launch_bounds__(kWarpgroupThreads)                                            \
      name(const __grid_constant__ CUtensorMap map_of_x, const __grid_constant__ CUtensorMap map_of_w, Y* y, \
           const B* bias, const float* input_scale, const float* weight_scale, int scale_per_row,            \
           float alpha, int rows, int columns, int chunks, int lets_next_start, int stages_of_w,             \
           int stages_of_x, int parts_at, int is_w_ready) {                                                  \
    multiply<Columns>(                                                                                       \
        X{}, FewRowsOutput<Y, B>{y, bias, input_scale, weight_scale, scale_per_row, alpha}, rows, columns,   \
        WarpgroupCall{&map_of_x, &map_of_w, chunks, (columns + Columns - 1) / Columns, 0, stages_of_w,       \
                      stages_of_x, parts_at, is_w_ready != 0, lets_next_start != 0});                        \
  }

#define FUSION_WARPGROUPS(name, X, Y, B)      \
  FUSION_WARPGROUP(name##_by_24, X, Y, B, 24) \
  FUSION_WARPGROUP(name##_by_32, X, Y, B, 32) \
  FUSION_WARPGROUP(name##_by_40, X, Y, B, 40) \
  FUSION_WARPGROUP(name##_by_56, X, Y, B, 56)

FUSION_WARPGROUPS(warpgroup_bf16_bf16, bf16, bf16, bf16)
FUSION_WARPGROUPS(warpgroup_bf16_f32, bf16, float, float)
FUSION_WARPGROUPS(warpgroup_f16_f16, f16, f16, f16)
FUSION_WARPGROUPS(warpgroup_f16_f32, f16, float, float)
FUSION_WARPGROUPS(warpgroup_e4m3_bf16, e4m3, bf16, bf16)
FUSION_WARPGROUPS(warpgroup_e4m3_f16, e4m3, f16, f16)
FUSION_WARPGROUPS(warpgroup_e4m3_f32, e4m3, float, bf16)
