#include <cuda.h>

#include <fusion/matmul/warpgroup_rows.cuh>

#include "gated_output.cuh"

using namespace fusion;

// gated_matmul.cu for 9 to 32 rows on Hopper, with weights that come to shared memory ahead of the products.

namespace {

/// map_of_x and map_of_w: tensor maps of x [rows, depth] and w [2 * columns, depth], the rows of gate, then
/// those of up, as [chunks][rows][128 bytes], of elements of one byte, with boxes of [2][32][128] and
/// [2][Columns][128], permuted in 128 bytes. y [rows, columns]. Rows: 1 to 32. A row of x or w is `chunks`
/// times 128 bytes long. T: what gate, up and their product are rounded to. Grid: x as large as there is room
/// for, at most the tiles of Columns columns. Block: 320 threads, with dynamic shared memory as
/// multiply_warpgroup_rows says.
template <class T, int Columns, class X, class Y>
__device__ __forceinline__ void multiply(X type, const llama::GatedOutput<Y>& y, const float* input_scale,
                                         const float* weight_scale, int rows, int columns,
                                         const WarpgroupCall& call) {
  extern __shared__ __align__(1024) char memory[];
  __shared__ WarpgroupRings<Columns, 2> rings;
  multiply_warpgroup_rows(rings, memory, call, type, [&](int tile, const WarpgroupParts<Columns>& parts) {
    const float scale = input_scale == nullptr ? 1.0f : __fmul_rn(*input_scale, *weight_scale);
    for (int i = static_cast<int>(threadIdx.x); i < rows * Columns; i += kWarpgroupMultipliers) {
      const int row = i / Columns, of_tile = i % Columns, column = tile * Columns + of_tile;
      if (column >= columns) continue;
      const auto value = [&](int matrix) {
        return to_float(ptx::round_to<T>(__fmul_rn(parts.of(matrix, row, of_tile), scale)));
      };
      y.store(static_cast<i64>(row) * columns + column,
              ptx::round_to<T>(llama::silu_times(value(0), value(1))));
    }
  });
}

}  // namespace

#define LLAMA_CALL(Columns)                                                                             \
  WarpgroupCall {                                                                                       \
    &map_of_x, &map_of_w, chunks, (columns + Columns - 1) / Columns, columns, stages_of_w, stages_of_x, \
        parts_at, true, true                                                                            \
  }

#define LLAMA_WARPGROUP(name, T, X, Columns)                                                                 \
  extern "C" __global__ void __launch_bounds__(kWarpgroupThreads)                                            \
      name(const __grid_constant__ CUtensorMap map_of_x, const __grid_constant__ CUtensorMap map_of_w, T* y, \
           const float* input_scale, const float* weight_scale, int rows, int columns, int chunks,           \
           int stages_of_w, int stages_of_x, int parts_at) {                                                 \
    multiply<T, Columns>(X{}, llama::GatedOutput<T>{y}, input_scale, weight_scale, rows, columns,            \
                         LLAMA_CALL(Columns));                                                               \
  }

#define LLAMA_WARPGROUP_FP8(name, T, X, Columns)                                                       \
  extern "C" __global__ void __launch_bounds__(kWarpgroupThreads)                                      \
      name(const __grid_constant__ CUtensorMap map_of_x, const __grid_constant__ CUtensorMap map_of_w, \
           e4m3* y, const float* input_scale, const float* weight_scale, const float* scale, int rows, \
           int columns, int chunks, int stages_of_w, int stages_of_x, int parts_at) {                  \
    multiply<T, Columns>(X{}, llama::GatedOutput<e4m3>{y, __fdiv_rn(1.0f, *scale)}, input_scale,       \
                         weight_scale, rows, columns, LLAMA_CALL(Columns));                            \
  }

#define LLAMA_WARPGROUPS(warpgroup, name, T, X) \
  warpgroup(name##_by_32, T, X, 32) warpgroup(name##_by_56, T, X, 56)

LLAMA_WARPGROUPS(LLAMA_WARPGROUP, warpgroup_gated_bf16, bf16, bf16)
LLAMA_WARPGROUPS(LLAMA_WARPGROUP, warpgroup_gated_f16, f16, f16)
LLAMA_WARPGROUPS(LLAMA_WARPGROUP_FP8, warpgroup_gated_fp8_bf16, bf16, e4m3)
LLAMA_WARPGROUPS(LLAMA_WARPGROUP_FP8, warpgroup_gated_fp8_f16, f16, e4m3)
