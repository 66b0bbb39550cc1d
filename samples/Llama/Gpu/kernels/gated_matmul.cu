#include "gated_output.cuh"

using namespace fusion;

// silu(gate) * up of a token's few rows, in the kernel that makes gate and up: a block has the same columns
// of both. The bits are those of the matmul with swiglu.cu behind it.

namespace {

/// x [rows, depth], w [2 * columns, depth]: the rows of gate, then those of up; y [rows, columns]. Rows: 1
/// to 8. Columns: a multiple of 8. A row of x or w is a multiple of 16 bytes long, and x and w are aligned to
/// 16 bytes. T: what gate, up and their product are rounded to. Grid: x covers the columns in parts of 8 *
/// Tiles. Block: 256 threads.
template <class T, int Tiles, class X, class Y>
__device__ __forceinline__ void multiply(const X* x, const X* w, const llama::GatedOutput<Y>& y,
                                         const float* input_scale, const float* weight_scale, int rows,
                                         int columns, int depth, int ahead) {
  constexpr int kHalf = llama::kGatedColumns;
  __shared__ FewRowsParts<Tiles, 1> parts;
  const int first = static_cast<int>(blockIdx.x) * Tiles * kHalf;
  ptx::griddepcontrol_launch_dependents();
  // Columns behind the last one are computed as the last one; what they give is not written.
  multiply_few_rows(parts, x, w, rows, depth, ahead, [=](int tile, int row) {
    const int column = first + tile * kHalf + row % kHalf;
    return static_cast<i64>(column < columns ? column : columns - 1) + (row < kHalf ? 0 : columns);
  });

  llama::store_gated<T>(parts, y, first, Tiles, input_scale, weight_scale, rows, columns);
}

}  // namespace

// input_scale, weight_scale: one f32 each, or both nullptr for 1.
#define LLAMA_GATED(name, T, X, Tiles)                                                                  \
  extern "C" __global__ void __launch_bounds__(kFewRowsThreads, 2)                                      \
      name(const X* x, const X* w, T* y, const float* input_scale, const float* weight_scale, int rows, \
           int columns, int depth, int ahead) {                                                         \
    multiply<T, Tiles>(x, w, llama::GatedOutput<T>{y}, input_scale, weight_scale, rows, columns, depth, \
                       ahead);                                                                          \
  }

#define LLAMA_GATED_FP8(name, T, X, Tiles)                                                       \
  extern "C" __global__ void __launch_bounds__(kFewRowsThreads, 2)                               \
      name(const X* x, const X* w, e4m3* y, const float* input_scale, const float* weight_scale, \
           const float* scale, int rows, int columns, int depth, int ahead) {                    \
    multiply<T, Tiles>(x, w, llama::GatedOutput<e4m3>{y, __fdiv_rn(1.0f, *scale)}, input_scale,  \
                       weight_scale, rows, columns, depth, ahead);                               \
  }

LLAMA_GATED(gated_bf16, bf16, bf16, 1)
LLAMA_GATED(gated_bf16_wide, bf16, bf16, 2)
LLAMA_GATED(gated_f16, f16, f16, 1)
LLAMA_GATED(gated_f16_wide, f16, f16, 2)
LLAMA_GATED_FP8(gated_fp8_bf16, bf16, e4m3, 1)
LLAMA_GATED_FP8(gated_fp8_bf16_wide, bf16, e4m3, 2)
LLAMA_GATED_FP8(gated_fp8_f16, f16, e4m3, 1)
LLAMA_GATED_FP8(gated_fp8_f16_wide, f16, e4m3, 2)
