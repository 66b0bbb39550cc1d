#pragma once

#include <fusion/norm/row_octets.cuh>
#include <fusion/quant/group_amax.cuh>
#include <fusion/quant/quant_kind.cuh>
#include <fusion/quant/quantize.cuh>

// The quantizations of a whole row whose octets the threads of a block or a cluster hold: docs/numbers.md,
// step 4.
//
// Participants: all threads of the block or cluster, also those whose octets lie behind the row's end; what
// these hold does not matter. Barriers lie in per-token FP8 (one of the block or cluster) and in per-group
// FP8 (three of the block, unless the groups are reduced within a warp). Order: weak writes.
//
// `row` is RowOctets or has the same members. `scratch` is room for the numbers of an octet; nothing is left
// in it. A kernel with code for several quantizations lends all of them the same one, which makes the code
// smaller (epilogue_bf16_v1: 39,680 bytes, and 39,936 if MXFP8 has one of its own; NVRTC 12.4, sm_90a,
// 2026-11-26). AtATime is the number of a thread's octets that are worked on at a time, which changes no
// result.

namespace fusion {

static_assert(kLargestGroupInWarp == kRowTile * kRowVector, "each lane has an octet");

/// Static FP8: the codes of x / scale.
template <int AtATime = 1, class Row, class T, int V>
__device__ __forceinline__ void quantize_row_static_fp8(const Row& row, const QuantRow& to,
                                                        const Octet<T> (&x)[V], float scale,
                                                        float (&scratch)[8]) {
  const float factor = __fdiv_rn(1.0f, scale);
#pragma unroll AtATime
  for (int v = 0; v < V; v++) {
    widen(x[v], scratch);
    if (row.has(v)) store_e4m3_scaled(to, row.octet(v), scratch, factor);
  }
}

/// Per-token FP8: the row's scale, a float at scales[to.row], and the codes of x / scale.
template <int AtATime = 1, class Row, class T, int V>
__device__ __forceinline__ void quantize_row_per_token_fp8(Row& row, const QuantRow& to,
                                                           const Octet<T> (&x)[V], float (&scratch)[8]) {
  float amax = 0.0f;
#pragma unroll AtATime
  for (int v = 0; v < V; v++) {
    numbers_of(row, x[v], v, scratch);
    amax = fmaxf(amax, amax_of(scratch));
  }
  const float scale = per_token_scale(row.reducer.amax(amax));
  if (row.octet(0) == 0) reinterpret_cast<float*>(to.scales)[to.row] = scale;
  const Divider divider(scale);
#pragma unroll AtATime
  for (int v = 0; v < V; v++) {
    widen(x[v], scratch);
    if (row.has(v)) store_e4m3_divided(to, row.octet(v), scratch, divider);
  }
}

/// Per-group FP8: row-major scales, floats or UE8M0 bytes, and codes. `group` is the number of elements of a
/// group, a multiple of 8 that divides the row's `hidden` elements. Unless it is a power of two up to
/// kLargestGroupInWarp, `words` has room in shared memory for kSharedBytesOfGroup bytes for each group of the
/// row, and no cluster shares the row.
template <int AtATime = 1, class Row, class T, int V>
__device__ __forceinline__ void quantize_row_per_group_fp8(const Row& row, const QuantRow& to,
                                                           const Octet<T> (&x)[V], int hidden, int group,
                                                           bool ue8m0, u32* words) {
  const int lanes = group / kRowVector;
  const int groups = hidden / group;
  const u64 first = static_cast<u64>(to.row) * groups;
  const bool in_warp = lanes <= kRowTile && (lanes & (lanes - 1)) == 0;
  GroupAmax shared = {words, groups};
  float values[8];
  if (!in_warp) {
    shared.clear();
#pragma unroll AtATime
    for (int v = 0; v < V; v++) {
      widen(x[v], values);
      if (row.has(v)) shared.add(row.octet(v) / lanes, amax_of(values));
    }
    __syncthreads();
  }
#pragma unroll AtATime
  for (int v = 0; v < V; v++) {
    numbers_of(row, x[v], v, values);
    const int number = row.octet(v) / lanes;
    const float amax = in_warp ? max_of_lanes(amax_of(values), lanes) : row.has(v) ? shared.of(number) : 0.0f;
    if (row.has(v))
      quantize_group(to, row.octet(v), values, amax, first + number, ue8m0, row.octet(v) % lanes == 0);
  }
}

/// NVFP4: e4m3 scales of blocks of 16 elements in the given layout, zeros in the columns that pad them, and
/// codes. Padding of rows is pad_scale_rows. `global_scale` is a reference, so that it is read where it is
/// used.
template <int AtATime = 1, class Row, class T, int V>
__device__ __forceinline__ void quantize_row_nvfp4(const Row& row, const QuantRow& to, const Octet<T> (&x)[V],
                                                   const float& global_scale, ScaleLayout layout,
                                                   float (&scratch)[8]) {
#pragma unroll AtATime
  for (int v = 0; v < V; v++) {
    numbers_of(row, x[v], v, scratch);
    quantize_nvfp4(to, row.octet(v), scratch, global_scale, layout);
  }
  if (row.reducer.part == 0) pad_scale_columns(to, row.octets / (kNvFp4Block / kRowVector), layout);
}

/// MXFP8: UE8M0 scales of blocks of 32 elements in the given layout, zeros in the columns that pad them, and
/// codes. Padding of rows is pad_scale_rows.
template <int AtATime = 1, class Row, class T, int V>
__device__ __forceinline__ void quantize_row_mxfp8(const Row& row, const QuantRow& to, const Octet<T> (&x)[V],
                                                   ScaleLayout layout, float (&scratch)[8]) {
#pragma unroll AtATime
  for (int v = 0; v < V; v++) {
    numbers_of(row, x[v], v, scratch);
    quantize_mxfp8(to, row.octet(v), scratch, layout);
  }
  if (row.reducer.part == 0) pad_scale_columns(to, row.octets / (kMxFp8Block / kRowVector), layout);
}

/// What a call says of its quantization, if the quantization takes it.
struct QuantOptions {
  const float& scale;  // scale of static FP8, global scale of NVFP4; read where it is used
  ScaleLayout layout;
  int group;   // number of elements of a group
  bool ue8m0;  // whether the scales of groups are UE8M0 bytes
};

/// The quantization of the given kind, which is not None. `words` is as for per-group FP8.
template <int AtATime = 1, class Row, class T, int V>
__device__ __forceinline__ void quantize_row(QuantKind kind, Row& row, const QuantRow& to,
                                             const Octet<T> (&x)[V], const QuantOptions& options,
                                             u32* words) {
  float scratch[8];
  if (kind == QuantKind::StaticFp8) {
    quantize_row_static_fp8<AtATime>(row, to, x, options.scale, scratch);
  } else if (kind == QuantKind::PerTokenFp8) {
    quantize_row_per_token_fp8<AtATime>(row, to, x, scratch);
  } else if (kind == QuantKind::PerGroupFp8) {
    quantize_row_per_group_fp8<AtATime>(row, to, x, row.octets * kRowVector, options.group, options.ue8m0,
                                        words);
  } else if (kind == QuantKind::NvFp4) {
    quantize_row_nvfp4<AtATime>(row, to, x, options.scale, options.layout, scratch);
  } else if (kind == QuantKind::MxFp8) {
    quantize_row_mxfp8<AtATime>(row, to, x, options.layout, scratch);
  } else {
    __builtin_unreachable();  // a test of the host finds a constant that is not above
  }
}

}  // namespace fusion
