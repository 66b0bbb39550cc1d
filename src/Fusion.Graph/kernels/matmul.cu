#include <fusion/ptx/convert.cuh>
#include <fusion/quant/e4m3.cuh>

using namespace fusion;

// Matmuls without a library: y = x * transpose of w, for GPUs where cuBLASLt is not. Each element is one sum
// in f32, in the order of k by fused multiply-adds, so that it has the bits of the C# reference and does not
// depend on the rows beside it.

namespace {

constexpr int kTileColumns = 32;  // a lane each
constexpr int kRowsOfWarp = 4;
constexpr int kWarps = 4;
constexpr int kTileRows = kWarps * kRowsOfWarp;
constexpr int kTileDepth = 32;
constexpr int kPitch = kTileDepth + 4;  // lanes read 16 bytes each, of other banks

/// Parts of w and x in shared memory, with zeros behind their ends.
struct Tiles {
  float w[kTileColumns][kPitch];
  float x[kTileRows][kTileDepth];
};

/// Adds the products of `steps` columns of a tile to the sums of Rows rows.
template <int Rows>
__device__ __forceinline__ void add_products(float* sums, const Tiles& tiles, int row, int lane, int steps) {
  if (steps < kTileDepth) {
    for (int r = 0; r < Rows; r++)
      for (int i = 0; i < steps; i++) sums[r] = __fmaf_rn(tiles.x[row + r][i], tiles.w[lane][i], sums[r]);
    return;
  }
#pragma unroll
  for (int i = 0; i < kTileDepth; i += 4) {
    const float4 w = *reinterpret_cast<const float4*>(&tiles.w[lane][i]);
#pragma unroll
    for (int r = 0; r < Rows; r++) {
      const float4 x = *reinterpret_cast<const float4*>(&tiles.x[row + r][i]);
      sums[r] = __fmaf_rn(x.x, w.x, sums[r]);
      sums[r] = __fmaf_rn(x.y, w.y, sums[r]);
      sums[r] = __fmaf_rn(x.z, w.z, sums[r]);
      sums[r] = __fmaf_rn(x.w, w.w, sums[r]);
    }
  }
}

struct Scales {
  const float* input;   // nullptr for 1
  const float* weight;  // nullptr for 1
  int per_row;          // not 0: input has one for each row of x, weight for each row of w
  float alpha;
};

/// x [rows, depth], w [columns, depth], y [rows, columns], bias [columns] or nullptr.
/// Grid: x covers the columns in tiles of 32, y any number of tiles of 16 rows. Block: 128 threads.
template <class X, class Y, class B>
__device__ __forceinline__ void multiply(const X* x, const X* w, Y* y, const B* bias, const Scales& scales,
                                         i64 rows, int columns, int depth) {
  __shared__ __align__(16) Tiles tiles;
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const int warp = static_cast<int>(threadIdx.x) / 32;
  const int first_column = static_cast<int>(blockIdx.x) * kTileColumns;
  const int column = first_column + lane;
  for (i64 first = static_cast<i64>(blockIdx.y) * kTileRows; first < rows;
       first += static_cast<i64>(gridDim.y) * kTileRows) {
    const int in_tile = rows - first < kTileRows ? static_cast<int>(rows - first) : kTileRows;
    const int own =
        in_tile - warp * kRowsOfWarp;  // rows of this warp, if above 0 and not more than kRowsOfWarp
    float sums[kRowsOfWarp] = {};
    for (int k0 = 0; k0 < depth; k0 += kTileDepth) {
      const int k = k0 + lane;
      for (int c = warp; c < kTileColumns; c += kWarps) {
        const bool inside = first_column + c < columns && k < depth;
        tiles.w[c][lane] = inside ? to_float(w[static_cast<i64>(first_column + c) * depth + k]) : 0.0f;
      }
      for (int r = warp; r < in_tile; r += kWarps)
        tiles.x[r][lane] = k < depth ? to_float(x[(first + r) * depth + k]) : 0.0f;
      __syncthreads();
      const int steps = depth - k0 < kTileDepth ? depth - k0 : kTileDepth;
      if (own >= kRowsOfWarp) {
        add_products<kRowsOfWarp>(sums, tiles, warp * kRowsOfWarp, lane, steps);
      } else {
#pragma unroll
        for (int r = 0; r < kRowsOfWarp; r++)
          if (r < own) add_products<1>(sums + r, tiles, warp * kRowsOfWarp + r, lane, steps);
      }
      __syncthreads();
    }

    if (column >= columns) continue;
#pragma unroll
    for (int r = 0; r < kRowsOfWarp; r++) {
      if (r >= own) continue;
      const i64 row = first + warp * kRowsOfWarp + r;
      const float of_input = scales.input == nullptr ? 1.0f : scales.input[scales.per_row != 0 ? row : 0];
      const float of_weight =
          scales.weight == nullptr ? 1.0f : scales.weight[scales.per_row != 0 ? column : 0];
      float sum = __fmul_rn(sums[r], __fmul_rn(__fmul_rn(of_input, of_weight), scales.alpha));
      if (bias != nullptr) sum = __fadd_rn(sum, to_float(bias[column]));
      y[row * columns + column] = ptx::round_to<Y>(sum);
    }
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
