#pragma once

#include <fusion/base/bf16.cuh>
#include <fusion/base/f16.cuh>
#include <fusion/base/vec16.cuh>
#include <fusion/ptx/grid.cuh>
#include <fusion/ptx/memory.cuh>
#include <fusion/ptx/mma.cuh>
#include <fusion/quant/e4m3.cuh>

// Matrix products of few rows, as decode has them: x * transpose of w, where reading w once is what takes the
// time. Tensor cores multiply 16 rows of w, a tile, by up to 8 rows of x at a time. Each sum has eight parts
// of the depth in a fixed order, so that it depends on one row of x and one of w alone, not on how many rows
// there are nor on how w's rows are dealt out to tiles and blocks.

namespace fusion {

constexpr int kFewRowsThreads = 256;  // of a block; two blocks a multiprocessor leave registers for all loads
constexpr int kFewRowsWarps = kFewRowsThreads / 32;
constexpr int kFewRowsTile = 16;   // rows of w
constexpr int kFewRowsAtOnce = 8;  // rows of x

/// What the warps of a block make of Tiles tiles and 8 * Groups rows of x: each its part of the depth.
template <int Tiles, int Groups>
struct FewRowsParts {
  static_assert(Groups == 1 || Groups == 2, "place() is for 8 and 16 rows");

  float of_warp[kFewRowsWarps][Tiles][kFewRowsTile][Groups * kFewRowsAtOnce];

  /// Where a row of x is among those of a row of a tile: neither lanes that keep products nor those that sum
  /// them up meet in a bank of shared memory. An even row and the next one stay neighbours.
  static __device__ __forceinline__ int place(int row, int of_tile) {
    return row ^ ((Groups == 2 ? of_tile % 4 / 2 * 8 : 0) + of_tile / 4 * 2);
  }

  /// Keeps a warp's products of a tile and eight rows of x, as mma_m16n8k16 leaves them. All 32 lanes.
  __device__ __forceinline__ void keep(int warp, int tile, int group, const float (&c)[4]) {
    const int lane = static_cast<int>(threadIdx.x) % 32;
    const int row = group * kFewRowsAtOnce + lane % 4 * 2;
#pragma unroll
    for (int h = 0; h < 2; h++) {
      const int of_tile = lane / 4 + h * 8;
      *reinterpret_cast<float2*>(&of_warp[warp][tile][of_tile][place(row, of_tile)]) =
          float2{c[2 * h], c[2 * h + 1]};
    }
  }

  /// The sum for a row of x and a row of a tile. After the block's barrier.
  __device__ __forceinline__ float sum(int tile, int row, int of_tile) const {
    const int at = place(row, of_tile);
    float sum = of_warp[0][tile][of_tile][at];
#pragma unroll
    for (int warp = 1; warp < kFewRowsWarps; warp++) sum = __fadd_rn(sum, of_warp[warp][tile][of_tile][at]);
    return sum;
  }
};

/// The products of 16 bytes of two rows of each tile and of the rows of x. Within them the order of the
/// columns of a product is the same for both, whichever it is.
template <int Tiles, int Groups>
__device__ __forceinline__ void multiply_words(float (&c)[Tiles][Groups][4], const Words16 (&w0)[Tiles],
                                               const Words16 (&w1)[Tiles], const Words16 (&x)[Groups], e4m3) {
#pragma unroll
  for (int i = 0; i < 4; i++) {
    u32 low[Groups], high[Groups];
#pragma unroll
    for (int g = 0; g < Groups; g++) {
      low[g] = f16_pair(x[g].w[i]);
      high[g] = f16_pair(x[g].w[i] >> 16);
    }
#pragma unroll
    for (int t = 0; t < Tiles; t++) {
      const u32 a[4] = {f16_pair(w0[t].w[i]), f16_pair(w1[t].w[i]), f16_pair(w0[t].w[i] >> 16),
                        f16_pair(w1[t].w[i] >> 16)};
#pragma unroll
      for (int g = 0; g < Groups; g++) ptx::mma_m16n8k16(c[t][g], a, low[g], high[g], f16{});
    }
  }
}

template <int Tiles, int Groups, class T>
__device__ __forceinline__ void multiply_words(float (&c)[Tiles][Groups][4], const Words16 (&w0)[Tiles],
                                               const Words16 (&w1)[Tiles], const Words16 (&x)[Groups],
                                               T type) {
#pragma unroll
  for (int i = 0; i < 4; i += 2)
#pragma unroll
    for (int t = 0; t < Tiles; t++) {
      const u32 a[4] = {w0[t].w[i], w1[t].w[i], w0[t].w[i + 1], w1[t].w[i + 1]};
#pragma unroll
      for (int g = 0; g < Groups; g++) ptx::mma_m16n8k16(c[t][g], a, x[g].w[i], x[g].w[i + 1], type);
    }
}

/// Multiplies `rows` rows of x, 1 to 8 * Groups, by the block's rows of w: those of tile t are row_of(t, 0)
/// to row_of(t, 15). A row of x or w has `depth` elements and is a multiple of 16 bytes long; x and w are
/// aligned to 16 bytes. Rows of x behind the last are computed as the last one.
///
/// Asks for the first `ahead` bytes of each row of w, which no kernel of a run writes, waits for the kernels
/// ahead (griddepcontrol), and only then reads x: memory is read while it would be idle.
///
/// Participants: all 256 threads of the block, which has a barrier at the end. Order of memory: weak.
template <int Tiles, int Groups, class X, class RowOf>
__device__ __forceinline__ void multiply_few_rows(FewRowsParts<Tiles, Groups>& parts, const X* x, const X* w,
                                                  int rows, int depth, int ahead, const RowOf& row_of) {
  constexpr int kPartBytes = 64;                   // 16 for each of the four lanes that share a row
  constexpr int kStepBytes = 2 * kPartBytes;       // of a row: what a warp reads of it before it goes on
  constexpr int kStepsAhead = Tiles == 1 ? 2 : 1;  // whose loads are on their way together
  constexpr int kLineBytes = 128;                  // what one prefetch asks for
  constexpr int kStride = kFewRowsWarps * kStepBytes;
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const int warp = static_cast<int>(threadIdx.x) / 32;
  const int group = lane / 4;
  const i64 row_bytes = static_cast<i64>(depth) * static_cast<i64>(sizeof(X));
  const char* const begin = reinterpret_cast<const char*>(w);

  const int lines = static_cast<int>((row_bytes < ahead ? row_bytes : ahead) + kLineBytes - 1) / kLineBytes;
  for (int i = static_cast<int>(threadIdx.x); i < Tiles * kFewRowsTile * lines; i += kFewRowsThreads) {
    const int row = i / lines;
    ptx::prefetch_l2(begin + row_of(row / kFewRowsTile, row % kFewRowsTile) * row_bytes +
                     static_cast<i64>(i % lines) * kLineBytes);
  }
  ptx::griddepcontrol_wait();

  const i64 own = lane % 4 * 16;
  const char *w0[Tiles], *w1[Tiles], *of_x[Groups];
#pragma unroll
  for (int t = 0; t < Tiles; t++) {
    w0[t] = begin + row_of(t, group) * row_bytes + own;
    w1[t] = begin + row_of(t, group + 8) * row_bytes + own;
  }
#pragma unroll
  for (int g = 0; g < Groups; g++) {
    const int row = g * kFewRowsAtOnce + group;
    of_x[g] = reinterpret_cast<const char*>(x) + (row < rows ? row : rows - 1) * row_bytes + own;
  }
  const auto words = [](const char* place) { return reinterpret_cast<const Words16*>(place); };

  float c[Tiles][Groups][4] = {};
  i64 at = warp * kStepBytes;
  for (; at + (kStepsAhead - 1) * kStride + kStepBytes <= row_bytes; at += kStepsAhead * kStride) {
    constexpr int kLoads = 2 * kStepsAhead;
    Words16 words0[kLoads][Tiles], words1[kLoads][Tiles], words_x[kLoads][Groups];
#pragma unroll
    for (int i = 0; i < kLoads; i++) {
      const i64 place = at + i / 2 * kStride + i % 2 * kPartBytes;
#pragma unroll
      for (int t = 0; t < Tiles; t++) {
        words0[i][t] = ptx::ld_global_nc_once(words(w0[t] + place));
        words1[i][t] = ptx::ld_global_nc_once(words(w1[t] + place));
      }
#pragma unroll
      for (int g = 0; g < Groups; g++) words_x[i][g] = ptx::ld_global_nc(words(of_x[g] + place));
    }
#pragma unroll
    for (int i = 0; i < kLoads; i++) multiply_words(c, words0[i], words1[i], words_x[i], X{});
  }
  for (; at < row_bytes; at += kStride) {
#pragma unroll
    for (int i = 0; i < 2; i++) {
      const i64 place = at + i * kPartBytes;
      const bool is_inside = place + own < row_bytes;
      const Words16 none = {{0, 0, 0, 0}};
      Words16 words0[Tiles], words1[Tiles], words_x[Groups];
#pragma unroll
      for (int t = 0; t < Tiles; t++) {
        words0[t] = is_inside ? ptx::ld_global_nc_once(words(w0[t] + place)) : none;
        words1[t] = is_inside ? ptx::ld_global_nc_once(words(w1[t] + place)) : none;
      }
#pragma unroll
      for (int g = 0; g < Groups; g++)
        words_x[g] = is_inside ? ptx::ld_global_nc(words(of_x[g] + place)) : none;
      multiply_words(c, words0, words1, words_x, X{});
    }
  }

#pragma unroll
  for (int t = 0; t < Tiles; t++)
#pragma unroll
    for (int g = 0; g < Groups; g++) parts.keep(warp, t, g, c[t][g]);
  __syncthreads();
}

}  // namespace fusion
