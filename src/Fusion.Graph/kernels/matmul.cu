#include <fusion/ptx/convert.cuh>
#include <fusion/quant/e4m3.cuh>

using namespace fusion;

// Matmuls without a library: y = x * transpose of w, for GPUs where cuBLASLt is not. Each element is one sum
// in f32, in the order of k by fused multiply-adds, so that it has the bits of the C# reference and does not
// depend on the rows beside it.

namespace {

constexpr int kTileColumns = 32;  // one lane each
constexpr int kTileRows = 4;      // one warp each
constexpr int kTileDepth = 32;

struct Scales {
  const float* input;   // nullptr for 1
  const float* weight;  // nullptr for 1
  int per_row;          // not 0: input has one for each row of x, weight for each row of w
  float alpha;
};

/// x [rows, depth], w [columns, depth], y [rows, columns], bias [columns] or nullptr.
/// Grid: x covers the columns in tiles of 32, y any number of tiles of rows. Block: 128 threads.
template <class X, class Y, class B>
__device__ __forceinline__ void multiply(const X* x, const X* w, Y* y, const B* bias, const Scales& scales,
                                         i64 rows, int columns, int depth) {
  __shared__ float of_w[kTileColumns][kTileDepth + 1];  // a bank of its own for each lane
  __shared__ float of_x[kTileRows][kTileDepth];
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const int warp = static_cast<int>(threadIdx.x) / 32;
  const int first_column = static_cast<int>(blockIdx.x) * kTileColumns;
  const int column = first_column + lane;
  for (i64 first = static_cast<i64>(blockIdx.y) * kTileRows; first < rows;
       first += static_cast<i64>(gridDim.y) * kTileRows) {
    const i64 row = first + warp;
    float sum = 0.0f;
    for (int k0 = 0; k0 < depth; k0 += kTileDepth) {
      const int k = k0 + lane;
      for (int c = warp; c < kTileColumns; c += kTileRows) {
        const bool inside = first_column + c < columns && k < depth;
        of_w[c][lane] = inside ? to_float(w[static_cast<i64>(first_column + c) * depth + k]) : 0.0f;
      }
      of_x[warp][lane] = row < rows && k < depth ? to_float(x[row * depth + k]) : 0.0f;
      __syncthreads();
      const int steps = depth - k0 < kTileDepth ? depth - k0 : kTileDepth;
      if (row < rows && steps == kTileDepth) {
#pragma unroll
        for (int i = 0; i < kTileDepth; i++) sum = __fmaf_rn(of_x[warp][i], of_w[lane][i], sum);
      } else if (row < rows) {
        for (int i = 0; i < steps; i++) sum = __fmaf_rn(of_x[warp][i], of_w[lane][i], sum);
      }
      __syncthreads();
    }

    if (row >= rows || column >= columns) continue;
    const float of_input = scales.input == nullptr ? 1.0f : scales.input[scales.per_row != 0 ? row : 0];
    const float of_weight = scales.weight == nullptr ? 1.0f : scales.weight[scales.per_row != 0 ? column : 0];
    sum = __fmul_rn(sum, __fmul_rn(__fmul_rn(of_input, of_weight), scales.alpha));
    if (bias != nullptr) sum = __fadd_rn(sum, to_float(bias[column]));
    y[row * columns + column] = ptx::round_to<Y>(sum);
  }
}

}  // namespace

#define FUSION_MATMUL(name, X, Y, B)                                                                         \
  extern "C" __global__ void __launch_bounds__(128)                                                          \
      name(const X* x, const X* w, Y* y, const B* bias, const float* input_scale, const float* weight_scale, \
           int scale_per_row, float alpha, i64 rows, int columns, int depth) {                               \
    multiply<X, Y, B>(x, w, y, bias, Scales{input_scale, weight_scale, scale_per_row, alpha}, rows, columns, \
                      depth);                                                                                \
  }

FUSION_MATMUL(matmul_bf16_bf16, bf16, bf16, bf16)
FUSION_MATMUL(matmul_bf16_f32, bf16, float, float)
FUSION_MATMUL(matmul_f16_f16, f16, f16, f16)
FUSION_MATMUL(matmul_f16_f32, f16, float, float)
FUSION_MATMUL(matmul_e4m3_bf16, e4m3, bf16, bf16)
FUSION_MATMUL(matmul_e4m3_f16, e4m3, f16, f16)
FUSION_MATMUL(matmul_e4m3_f32, e4m3, float, bf16)
