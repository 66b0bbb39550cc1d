#include <fusion/matmul/ringed_rows.cuh>

#include "few_rows_output.cuh"

using namespace fusion;

// The matmuls of up to 8 rows of skinny_matmul.cu, bit for bit, with weights that come to shared memory ahead
// of the products.

namespace {

/// x [rows, depth], w [columns, depth], y [rows, columns], bias [columns] or nullptr. Rows: 1 to 8. A row of
/// x or w is a multiple of 16 bytes long, and x and w are aligned to 16 bytes. Grid: x as large as there is
/// room for, at most the tiles of 16 columns. Block: 256 threads, with dynamic shared memory for
/// RingedRows<Tiles> of so many slots.
template <class X, class Y, class B, int Tiles>
__device__ __forceinline__ void multiply(const X* x, const X* w, const FewRowsOutput<Y, B>& y, int rows,
                                         int columns, int depth, int lets_next_start, int slots,
                                         int is_w_ready) {
  extern __shared__ __align__(128) char memory[];
  const RingTiles tiles = {(columns + kFewRowsTile - 1) / kFewRowsTile, kFewRowsTile, kFewRowsTile / 2,
                           columns};
  if (lets_next_start != 0) ptx::griddepcontrol_launch_dependents();
  multiply_ringed_rows(*reinterpret_cast<RingedRows<Tiles>*>(memory), x, w, rows, depth, tiles, slots,
                       is_w_ready != 0, [&](int tile, int count, const FewRowsParts<Tiles, 1>& parts) {
                         y.store(parts, tile * kFewRowsTile, count * kFewRowsTile, rows, columns);
                       });
}

}  // namespace

#define FUSION_RINGED(name, X, Y, B, Tiles)                                                                  \
  extern "C" __global__ void __launch_bounds__(kFewRowsThreads, 2)                                           \
      name(const X* x, const X* w, Y* y, const B* bias, const float* input_scale, const float* weight_scale, \
           int scale_per_row, float alpha, int rows, int columns, int depth, int lets_next_start, int slots, \
           int is_w_ready) {                                                                                 \
    multiply<X, Y, B, Tiles>(x, w,                                                                           \
                             FewRowsOutput<Y, B>{y, bias, input_scale, weight_scale, scale_per_row, alpha},  \
                             rows, columns, depth, lets_next_start, slots, is_w_ready);                      \
  }

#define FUSION_RINGS(name, X, Y, B)     \
  FUSION_RINGED(name##_one, X, Y, B, 1) \
  FUSION_RINGED(name##_two, X, Y, B, 2) \
  FUSION_RINGED(name##_four, X, Y, B, 4)

FUSION_RINGS(ringed_bf16_bf16, bf16, bf16, bf16)
FUSION_RINGS(ringed_bf16_f32, bf16, float, float)
FUSION_RINGS(ringed_f16_f16, f16, f16, f16)
FUSION_RINGS(ringed_f16_f32, f16, float, float)
FUSION_RINGS(ringed_e4m3_bf16, e4m3, bf16, bf16)
FUSION_RINGS(ringed_e4m3_f16, e4m3, f16, f16)
FUSION_RINGS(ringed_e4m3_f32, e4m3, float, bf16)
