#include <fusion/matmul/few_rows.cuh>

#include "few_rows_output.cuh"

using namespace fusion;

// Matmuls of few rows: y = x * transpose of w. The kernel behind this one may start while it runs where the
// caller says so: one that reads nothing ahead gains nothing by it (bench/notes.md).

namespace {

/// x [rows, depth], w [columns, depth], y [rows, columns], bias [columns] or nullptr. Rows: 1 to 8 * Groups.
/// A row of x or w is a multiple of 16 bytes long, and x and w are aligned to 16 bytes. Grid: x covers the
/// columns in parts of 16 * Tiles. Block: 256 threads.
template <class X, class Y, class B, int Tiles, int Groups>
__device__ __forceinline__ void multiply(const X* x, const X* w, const FewRowsOutput<Y, B>& y, int rows,
                                         int columns, int depth, int lets_next_start, int ahead) {
  constexpr int kColumns = Tiles * kFewRowsTile;
  __shared__ FewRowsParts<Tiles, Groups> parts;
  const int first = static_cast<int>(blockIdx.x) * kColumns;
  if (lets_next_start != 0) ptx::griddepcontrol_launch_dependents();
  // Columns behind the last one are computed as the last one; what they give is not written.
  multiply_few_rows(parts, x, w, rows, depth, ahead, [=](int tile, int row) {
    const int column = first + tile * kFewRowsTile + row;
    return static_cast<i64>(column < columns ? column : columns - 1);
  });
  y.store(parts, first, kColumns, rows, columns);
}

}  // namespace

#define FUSION_SKINNY(name, X, Y, B, Tiles, Groups)                                                         \
  extern "C" __global__ void __launch_bounds__(kFewRowsThreads, 2) name(                                    \
      const X* x, const X* w, Y* y, const B* bias, const float* input_scale, const float* weight_scale,     \
      int scale_per_row, float alpha, int rows, int columns, int depth, int lets_next_start, int ahead) {   \
    multiply<X, Y, B, Tiles, Groups>(                                                                       \
        x, w, FewRowsOutput<Y, B>{y, bias, input_scale, weight_scale, scale_per_row, alpha}, rows, columns, \
        depth, lets_next_start, ahead);                                                                     \
  }

// For up to 8 rows, the same in blocks of twice as many columns, and for up to 16 rows.
#define FUSION_SKINNIES(name, X, Y, B)        \
  FUSION_SKINNY(name##_8, X, Y, B, 1, 1)      \
  FUSION_SKINNY(name##_8_wide, X, Y, B, 2, 1) \
  FUSION_SKINNY(name##_16, X, Y, B, 1, 2)

FUSION_SKINNIES(skinny_bf16_bf16, bf16, bf16, bf16)
FUSION_SKINNIES(skinny_bf16_f32, bf16, float, float)
FUSION_SKINNIES(skinny_f16_f16, f16, f16, f16)
FUSION_SKINNIES(skinny_f16_f32, f16, float, float)
FUSION_SKINNIES(skinny_e4m3_bf16, e4m3, bf16, bf16)
FUSION_SKINNIES(skinny_e4m3_f16, e4m3, f16, f16)
FUSION_SKINNIES(skinny_e4m3_f32, e4m3, float, bf16)
