#include <fusion/matmul/staged_rows.cuh>

#include "gated_output.cuh"

using namespace fusion;

// gated_matmul.cu, bit for bit, with weights that come to shared memory by themselves on sm_90 and newer.

namespace {

/// x [rows, depth], w [2 * columns, depth]: the rows of gate, then those of up; y [rows, columns]. Rows: 1
/// to 8. Columns: a multiple of 8. A row of x or w is a multiple of 16 bytes long, and x and w are aligned to
/// 16 bytes. T: what gate, up and their product are rounded to. Grid: x as large as there is room for, at
/// most the tiles of 8 columns. Block: 384 threads, with dynamic shared memory for stages and x.
template <class T, class X, class Y>
__device__ __forceinline__ void multiply(const X* x, const X* w, const llama::GatedOutput<Y>& y,
                                         const float* input_scale, const float* weight_scale, int rows,
                                         int columns, int depth, int stages, int ahead) {
  extern __shared__ __align__(128) char memory[];
  __shared__ StagedRows shared;
  ptx::griddepcontrol_launch_dependents();
  multiply_staged_rows(
      shared, memory, stages, ahead, (columns + llama::kGatedColumns - 1) / llama::kGatedColumns, x, w, rows,
      depth,
      [=](int tile, int row) {
        // Columns behind the last one are computed as the last one; what they give is not written.
        const int column = tile * llama::kGatedColumns + row % llama::kGatedColumns;
        return static_cast<i64>(column < columns ? column : columns - 1) +
               (row < llama::kGatedColumns ? 0 : columns);
      },
      [&](int tile, const FewRowsParts<1, 1>& parts) {
        llama::store_gated<T>(parts, y, tile * llama::kGatedColumns, 1, input_scale, weight_scale, rows,
                              columns);
      });
}

}  // namespace

#define LLAMA_GATED(name, T, X)                                                                          \
  extern "C" __global__ void __launch_bounds__(kStagedThreads, 2)                                        \
      name(const X* x, const X* w, T* y, const float* input_scale, const float* weight_scale, int rows,  \
           int columns, int depth, int stages, int ahead) {                                              \
    multiply<T>(x, w, llama::GatedOutput<T>{y}, input_scale, weight_scale, rows, columns, depth, stages, \
                ahead);                                                                                  \
  }

#define LLAMA_GATED_FP8(name, T, X)                                                                          \
  extern "C" __global__ void __launch_bounds__(kStagedThreads, 2)                                            \
      name(const X* x, const X* w, e4m3* y, const float* input_scale, const float* weight_scale,             \
           const float* scale, int rows, int columns, int depth, int stages, int ahead) {                    \
    multiply<T>(x, w, llama::GatedOutput<e4m3>{y, __fdiv_rn(1.0f, *scale)}, input_scale, weight_scale, rows, \
                columns, depth, stages, ahead);                                                              \
  }

LLAMA_GATED(staged_gated_bf16, bf16, bf16)
LLAMA_GATED(staged_gated_f16, f16, f16)
LLAMA_GATED_FP8(staged_gated_fp8_bf16, bf16, e4m3)
LLAMA_GATED_FP8(staged_gated_fp8_f16, f16, e4m3)
