#include <fusion/matmul/ringed_rows.cuh>

#include "gated_output.cuh"

using namespace fusion;

// gated_matmul.cu, bit for bit, with weights that come to shared memory ahead of the products.

namespace {

/// x [rows, depth], w [2 * columns, depth]: the rows of gate, then those of up; y [rows, columns]. Rows: 1
/// to 8. A row of x or w is a multiple of 16 bytes long, and x and w are aligned to 16 bytes. T: what gate,
/// up and their product are rounded to. Grid: x as large as there is room for, at most the tiles of 8
/// columns. Block: 256 threads, with dynamic shared memory for RingedRows<Tiles> of so many slots.
template <class T, int Tiles, class X, class Y>
__device__ __forceinline__ void multiply(const X* x, const X* w, const llama::GatedOutput<Y>& y,
                                         const float* input_scale, const float* weight_scale, int rows,
                                         int columns, int depth, int slots, int is_w_ready) {
  constexpr int kColumns = llama::kGatedColumns;
  extern __shared__ __align__(128) char memory[];
  const RingTiles tiles = {(columns + kColumns - 1) / kColumns, kColumns, columns, columns};
  ptx::griddepcontrol_launch_dependents();
  multiply_ringed_rows(*reinterpret_cast<RingedRows<Tiles>*>(memory), x, w, rows, depth, tiles, slots,
                       is_w_ready != 0, [&](int tile, int count, const FewRowsParts<Tiles, 1>& parts) {
                         llama::store_gated<T>(parts, y, tile * kColumns, count, input_scale, weight_scale,
                                               rows, columns);
                       });
}

}  // namespace

#define LLAMA_RINGED(name, T, X, Tiles)                                                                 \
  extern "C" __global__ void __launch_bounds__(kFewRowsThreads, 2)                                      \
      name(const X* x, const X* w, T* y, const float* input_scale, const float* weight_scale, int rows, \
           int columns, int depth, int slots, int is_w_ready) {                                         \
    multiply<T, Tiles>(x, w, llama::GatedOutput<T>{y}, input_scale, weight_scale, rows, columns, depth, \
                       slots, is_w_ready);                                                              \
  }

#define LLAMA_RINGED_FP8(name, T, X, Tiles)                                                      \
  extern "C" __global__ void __launch_bounds__(kFewRowsThreads, 2)                               \
      name(const X* x, const X* w, e4m3* y, const float* input_scale, const float* weight_scale, \
           const float* scale, int rows, int columns, int depth, int slots, int is_w_ready) {    \
    multiply<T, Tiles>(x, w, llama::GatedOutput<e4m3>{y, __fdiv_rn(1.0f, *scale)}, input_scale,  \
                       weight_scale, rows, columns, depth, slots, is_w_ready);                   \
  }

#define LLAMA_RINGS(ringed, name, T, X) \
  ringed(name##_one, T, X, 1) ringed(name##_two, T, X, 2) ringed(name##_four, T, X, 4)

LLAMA_RINGS(LLAMA_RINGED, ringed_gated_bf16, bf16, bf16)
LLAMA_RINGS(LLAMA_RINGED, ringed_gated_f16, f16, f16)
LLAMA_RINGS(LLAMA_RINGED_FP8, ringed_gated_fp8_bf16, bf16, e4m3)
LLAMA_RINGS(LLAMA_RINGED_FP8, ringed_gated_fp8_f16, f16, e4m3)
