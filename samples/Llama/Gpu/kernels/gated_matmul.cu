#include <fusion/matmul/few_rows.cuh>
#include <fusion/ptx/convert.cuh>
#include <fusion/quant/e4m3.cuh>

#include "silu.cuh"

using namespace fusion;

// silu(gate) * up of a token's few rows, in the kernel that makes gate and up: a block has the same columns
// of both. The bits are those of the matmul with swiglu.cu behind it.

namespace {

template <class T>
struct Output {
  T* y;

  __device__ __forceinline__ void store(i64 at, T value) const { y[at] = value; }
};

/// Codes of static FP8: those of x * (1 / scale).
template <>
struct Output<e4m3> {
  e4m3* y;
  float factor;

  template <class T>
  __device__ __forceinline__ void store(i64 at, T value) const {
    y[at] = e4m3{static_cast<u8>(e4m3_pair(__fmul_rn(to_float(value), factor), 0.0f))};
  }
};

/// x [rows, depth], w [2 * columns, depth]: the rows of gate, then those of up; y [rows, columns]. Rows: 1
/// to 8. Columns: a multiple of 8. A row of x or w is a multiple of 16 bytes long, and x and w are aligned to
/// 16 bytes. T: what gate, up and their product are rounded to. Grid: x covers the columns in parts of 8 *
/// Tiles. Block: 256 threads.
template <class T, int Tiles, class X, class Y>
__device__ __forceinline__ void multiply(const X* x, const X* w, const Output<Y>& y, const float* input_scale,
                                         const float* weight_scale, int rows, int columns, int depth,
                                         int ahead) {
  constexpr int kHalf = kFewRowsTile / 2;
  __shared__ FewRowsParts<Tiles, 1> parts;
  const int first = static_cast<int>(blockIdx.x) * Tiles * kHalf;
  ptx::griddepcontrol_launch_dependents();
  // Columns behind the last one are computed as the last one; what they give is not written.
  multiply_few_rows(parts, x, w, rows, depth, ahead, [=](int tile, int row) {
    const int column = first + tile * kHalf + row % kHalf;
    return static_cast<i64>(column < columns ? column : columns - 1) + (row < kHalf ? 0 : columns);
  });

  // A lane each for gate and up; all lanes of a warp take part.
  const float scale = input_scale == nullptr ? 1.0f : __fmul_rn(*input_scale, *weight_scale);
  const int lane = static_cast<int>(threadIdx.x) % kFewRowsTile;
  const int values = Tiles * kFewRowsAtOnce * kFewRowsTile;
  for (int i = static_cast<int>(threadIdx.x); i < values; i += kFewRowsThreads) {
    const int row = i / kFewRowsTile % kFewRowsAtOnce, tile = i / kFewRowsTile / kFewRowsAtOnce;
    const float value = to_float(ptx::round_to<T>(__fmul_rn(parts.sum(tile, row, lane), scale)));
    const float up = __shfl_down_sync(0xffffffffu, value, kHalf);
    const int column = first + tile * kHalf + lane;
    if (lane < kHalf && row < rows && column < columns)
      y.store(static_cast<i64>(row) * columns + column, ptx::round_to<T>(llama::silu_times(value, up)));
  }
}

}  // namespace

// input_scale, weight_scale: one f32 each, or both nullptr for 1.
#define LLAMA_GATED(name, T, X, Tiles)                                                                  \
  extern "C" __global__ void __launch_bounds__(kFewRowsThreads, 2)                                      \
      name(const X* x, const X* w, T* y, const float* input_scale, const float* weight_scale, int rows, \
           int columns, int depth, int ahead) {                                                         \
    multiply<T, Tiles>(x, w, Output<T>{y}, input_scale, weight_scale, rows, columns, depth, ahead);     \
  }

#define LLAMA_GATED_FP8(name, T, X, Tiles)                                                              \
  extern "C" __global__ void __launch_bounds__(kFewRowsThreads, 2)                                      \
      name(const X* x, const X* w, e4m3* y, const float* input_scale, const float* weight_scale,        \
           const float* scale, int rows, int columns, int depth, int ahead) {                           \
    multiply<T, Tiles>(x, w, Output<e4m3>{y, __fdiv_rn(1.0f, *scale)}, input_scale, weight_scale, rows, \
                       columns, depth, ahead);                                                          \
  }

LLAMA_GATED(gated_bf16, bf16, bf16, 1)
LLAMA_GATED(gated_bf16_wide, bf16, bf16, 2)
LLAMA_GATED(gated_f16, f16, f16, 1)
LLAMA_GATED(gated_f16_wide, f16, f16, 2)
LLAMA_GATED_FP8(gated_fp8_bf16, bf16, e4m3, 1)
LLAMA_GATED_FP8(gated_fp8_bf16_wide, bf16, e4m3, 2)
LLAMA_GATED_FP8(gated_fp8_f16, f16, e4m3, 1)
LLAMA_GATED_FP8(gated_fp8_f16_wide, f16, e4m3, 2)
