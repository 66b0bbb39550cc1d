#include <fusion/matmul/staged_rows.cuh>

#include "few_rows_output.cuh"

using namespace fusion;

// The matmuls of up to 8 rows of skinny_matmul.cu, bit for bit, with weights that come to shared memory by
// themselves on sm_90 and newer.

namespace {

/// x [rows, depth], w [columns, depth], y [rows, columns], bias [columns] or nullptr. Rows: 1 to 8. A row of
/// x or w is a multiple of 16 bytes long, and x and w are aligned to 16 bytes. Grid: x as large as there is
/// room for, at most the tiles of 16 columns. Block: 384 threads, with dynamic shared memory for stages and
/// x.
template <class X, class Y, class B>
__device__ __forceinline__ void multiply(const X* x, const X* w, const FewRowsOutput<Y, B>& y, int rows,
                                         int columns, int depth, int lets_next_start, int stages, int ahead) {
  extern __shared__ __align__(128) char memory[];
  __shared__ StagedRows shared;
  if (lets_next_start != 0) ptx::griddepcontrol_launch_dependents();
  // Columns behind the last one are computed as the last one; what they give is not written.
  multiply_staged_rows(
      shared, memory, stages, ahead, (columns + kFewRowsTile - 1) / kFewRowsTile, x, w, rows, depth,
      [=](int tile, int row) {
        const int column = tile * kFewRowsTile + row;
        return static_cast<i64>(column < columns ? column : columns - 1);
      },
      [&](int tile, const FewRowsParts<1, 1>& parts) {
        y.store(parts, tile * kFewRowsTile, kFewRowsTile, rows, columns);
      });
}

}  // namespace

#define FUSION_STAGED(name, X, Y, B)                                                                         \
  extern "C" __global__ void __launch_bounds__(kStagedThreads, 2)                                            \
      name(const X* x, const X* w, Y* y, const B* bias, const float* input_scale, const float* weight_scale, \
           int scale_per_row, float alpha, int rows, int columns, int depth, int lets_next_start,            \
           int stages, int ahead) {                                                                          \
    multiply(x, w, FewRowsOutput<Y, B>{y, bias, input_scale, weight_scale, scale_per_row, alpha}, rows,      \
             columns, depth, lets_next_start, stages, ahead);                                                \
  }

FUSION_STAGED(staged_bf16_bf16, bf16, bf16, bf16)
FUSION_STAGED(staged_bf16_f32, bf16, float, float)
FUSION_STAGED(staged_f16_f16, f16, f16, f16)
FUSION_STAGED(staged_f16_f32, f16, float, float)
FUSION_STAGED(staged_e4m3_bf16, e4m3, bf16, bf16)
FUSION_STAGED(staged_e4m3_f16, e4m3, f16, f16)
FUSION_STAGED(staged_e4m3_f32, e4m3, float, bf16)
