#include <fusion/base/vec16.cuh>
#include <fusion/ptx/convert.cuh>
#include <fusion/ptx/grid.cuh>
#include <fusion/ptx/memory.cuh>
#include <fusion/ptx/mma.cuh>
#include <fusion/quant/e4m3.cuh>

using namespace fusion;

// Matmuls of few rows, as decode has them: y = x * transpose of w, where reading w once is what takes the
// time. Tensor cores multiply 16 rows of w by up to 8 rows of x at a time. Each element of y is a sum over
// eight parts of the depth in a fixed order, so that it does not depend on how many rows x has.
//
// Blocks start while kernels ahead of this one still run (programmatic dependent launch), and ask for the
// first part of their rows of w, which no kernel of a run writes, before they wait for x: memory is read
// while it would be idle. The kernel behind this one may start as early where the caller says so: one that
// reads nothing ahead gains nothing by it (bench/notes.md).

namespace {

constexpr int kWarps = 8;
constexpr int kColumns = 16;     // of y, rows of w: what a block makes
constexpr int kRowsAtOnce = 8;   // rows of x, columns of a product of tensor cores
constexpr int kStepBytes = 64;   // of a row, 16 for each of the four lanes that share it
constexpr int kStepsAhead = 4;   // whose loads are on their way together
constexpr int kLineBytes = 128;  // what one prefetch asks for

/// The products of 16 bytes of two rows of w and of a row of x. Within them the order of the columns of a
/// product is the same for both, whichever it is.
__device__ __forceinline__ void multiply_words(float (&c)[4], const Words16& w0, const Words16& w1,
                                               const Words16& x, e4m3) {
#pragma unroll
  for (int i = 0; i < 4; i++) {
    const u32 a[4] = {f16_pair(w0.w[i]), f16_pair(w1.w[i]), f16_pair(w0.w[i] >> 16), f16_pair(w1.w[i] >> 16)};
    ptx::mma_m16n8k16(c, a, f16_pair(x.w[i]), f16_pair(x.w[i] >> 16), f16{});
  }
}

template <class T>
__device__ __forceinline__ void multiply_words(float (&c)[4], const Words16& w0, const Words16& w1,
                                               const Words16& x, T type) {
#pragma unroll
  for (int i = 0; i < 4; i += 2) {
    const u32 a[4] = {w0.w[i], w1.w[i], w0.w[i + 1], w1.w[i + 1]};
    ptx::mma_m16n8k16(c, a, x.w[i], x.w[i + 1], type);
  }
}

struct Scales {
  const float* input;   // nullptr for 1
  const float* weight;  // nullptr for 1
  int per_row;          // not 0: input has one for each row of x, weight for each row of w
  float alpha;
};

/// Asks for the first `ahead` bytes of each of `count` rows of w from `first` on.
template <class X>
__device__ __forceinline__ void prefetch_rows(const X* w, int first, int count, i64 row_bytes, int ahead) {
  const char* const begin = reinterpret_cast<const char*>(w) + first * row_bytes;
  const int lines = static_cast<int>((row_bytes < ahead ? row_bytes : ahead) + kLineBytes - 1) / kLineBytes;
  for (int i = static_cast<int>(threadIdx.x); i < count * lines; i += kWarps * 32)
    ptx::prefetch_l2(begin + i / lines * row_bytes + static_cast<i64>(i % lines) * kLineBytes);
}

/// x [rows, depth], w [columns, depth], y [rows, columns], bias [columns] or nullptr. Rows: 1 to 8 * G. A row
/// of x or w is a multiple of 16 bytes long, and x and w are aligned to 16 bytes.
/// Grid: x covers the columns in tiles of 16. Block: 256 threads; two on a multiprocessor leave each thread
/// the registers for all loads that are on their way.
template <class X, class Y, class B, int G>
__device__ __forceinline__ void multiply(const X* x, const X* w, Y* y, const B* bias, const Scales& scales,
                                         int rows, int columns, int depth, int lets_next_start, int ahead) {
  __shared__ float parts[kWarps][G * kRowsAtOnce][kColumns];
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const int warp = static_cast<int>(threadIdx.x) / 32;
  const int group = lane / 4;
  const int first = static_cast<int>(blockIdx.x) * kColumns;
  const i64 row_bytes = static_cast<i64>(depth) * static_cast<i64>(sizeof(X));
  const i64 own = lane % 4 * 16;
  if (lets_next_start != 0) ptx::griddepcontrol_launch_dependents();
  prefetch_rows(w, first, columns - first < kColumns ? columns - first : kColumns, row_bytes, ahead);
  ptx::griddepcontrol_wait();

  // Rows behind the last one are read as the last one; what they give is not written.
  const auto start = [&](const X* matrix, int row, int count) {
    return reinterpret_cast<const char*>(matrix) + (row < count ? row : count - 1) * row_bytes + own;
  };
  const char* const w0 = start(w, first + group, columns);
  const char* const w1 = start(w, first + group + 8, columns);
  const char* of_x[G];
#pragma unroll
  for (int g = 0; g < G; g++) of_x[g] = start(x, g * kRowsAtOnce + group, rows);
  const auto load = [](const char* place) {
    return ptx::ld_global_nc(reinterpret_cast<const Words16*>(place));
  };

  float c[G][4] = {};
  constexpr int kStride = kWarps * kStepBytes;
  i64 at = warp * kStepBytes;
  for (; at + (kStepsAhead - 1) * kStride + kStepBytes <= row_bytes; at += kStepsAhead * kStride) {
    Words16 words0[kStepsAhead], words1[kStepsAhead], words_x[kStepsAhead][G];
#pragma unroll
    for (int s = 0; s < kStepsAhead; s++) {
      words0[s] = load(w0 + at + s * kStride);
      words1[s] = load(w1 + at + s * kStride);
#pragma unroll
      for (int g = 0; g < G; g++) words_x[s][g] = load(of_x[g] + at + s * kStride);
    }
#pragma unroll
    for (int s = 0; s < kStepsAhead; s++)
#pragma unroll
      for (int g = 0; g < G; g++) multiply_words(c[g], words0[s], words1[s], words_x[s][g], X{});
  }
  for (; at < row_bytes; at += kStride) {
    Words16 words0 = {{0, 0, 0, 0}}, words1 = words0;
    const bool is_inside = at + own < row_bytes;
    if (is_inside) {
      words0 = load(w0 + at);
      words1 = load(w1 + at);
    }
#pragma unroll
    for (int g = 0; g < G; g++) {
      Words16 words_x = {{0, 0, 0, 0}};
      if (is_inside) words_x = load(of_x[g] + at);
      multiply_words(c[g], words0, words1, words_x, X{});
    }
  }

#pragma unroll
  for (int g = 0; g < G; g++) {
#pragma unroll
    for (int i = 0; i < 4; i++)
      parts[warp][g * kRowsAtOnce + lane % 4 * 2 + i % 2][group + i / 2 * 8] = c[g][i];
  }
  __syncthreads();

  for (int i = static_cast<int>(threadIdx.x); i < rows * kColumns; i += kWarps * 32) {
    const int row = i / kColumns, column = first + i % kColumns;
    if (column >= columns) continue;
    float sum = parts[0][row][i % kColumns];
#pragma unroll
    for (int part = 1; part < kWarps; part++) sum = __fadd_rn(sum, parts[part][row][i % kColumns]);
    const float of_input = scales.input == nullptr ? 1.0f : scales.input[scales.per_row != 0 ? row : 0];
    const float of_weight = scales.weight == nullptr ? 1.0f : scales.weight[scales.per_row != 0 ? column : 0];
    sum = __fmul_rn(sum, __fmul_rn(__fmul_rn(of_input, of_weight), scales.alpha));
    if (bias != nullptr) sum = __fadd_rn(sum, to_float(bias[column]));
    y[static_cast<i64>(row) * columns + column] = ptx::round_to<Y>(sum);
  }
}

}  // namespace

#define FUSION_SKINNY(name, X, Y, B, G)                                                                   \
  extern "C" __global__ void __launch_bounds__(256, 2) name(                                              \
      const X* x, const X* w, Y* y, const B* bias, const float* input_scale, const float* weight_scale,   \
      int scale_per_row, float alpha, int rows, int columns, int depth, int lets_next_start, int ahead) { \
    multiply<X, Y, B, G>(x, w, y, bias, Scales{input_scale, weight_scale, scale_per_row, alpha}, rows,    \
                         columns, depth, lets_next_start, ahead);                                         \
  }

FUSION_SKINNY(skinny_bf16_bf16_8, bf16, bf16, bf16, 1)
FUSION_SKINNY(skinny_bf16_bf16_16, bf16, bf16, bf16, 2)
FUSION_SKINNY(skinny_bf16_f32_8, bf16, float, float, 1)
FUSION_SKINNY(skinny_bf16_f32_16, bf16, float, float, 2)
FUSION_SKINNY(skinny_f16_f16_8, f16, f16, f16, 1)
FUSION_SKINNY(skinny_f16_f16_16, f16, f16, f16, 2)
FUSION_SKINNY(skinny_f16_f32_8, f16, float, float, 1)
FUSION_SKINNY(skinny_f16_f32_16, f16, float, float, 2)
FUSION_SKINNY(skinny_e4m3_bf16_8, e4m3, bf16, bf16, 1)
FUSION_SKINNY(skinny_e4m3_bf16_16, e4m3, bf16, bf16, 2)
FUSION_SKINNY(skinny_e4m3_f16_8, e4m3, f16, f16, 1)
FUSION_SKINNY(skinny_e4m3_f16_16, e4m3, f16, f16, 2)
FUSION_SKINNY(skinny_e4m3_f32_8, e4m3, float, bf16, 1)
FUSION_SKINNY(skinny_e4m3_f32_16, e4m3, float, bf16, 2)
