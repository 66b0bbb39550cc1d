#pragma once

#include <fusion/base/limits.cuh>
#include <fusion/norm/octets.cuh>
#include <fusion/norm/row_registers.cuh>
#include <fusion/quant/divider.cuh>
#include <fusion/quant/e2m1.cuh>
#include <fusion/quant/e4m3.cuh>
#include <fusion/quant/scale_layout.cuh>
#include <fusion/quant/ue8m0.cuh>

// The quantizations of one octet: docs/numbers.md, step 4. quantize_row.cuh puts them together to those of a
// row.
//
// `octet` is the number of the octet in its row. Participants: one thread, for itself, unless a function says
// that neighbouring lanes or all threads of the grid call it. Order: weak writes.

namespace fusion {

/// Where a row's codes and scales go.
struct QuantRow {
  u64 codes;   // address of the row's first code; aligned to 8 bytes, FP4 to 4
  u64 scales;  // address of the tensor's first scale; static FP8 writes none
  int row;     // number of the row in the tensor
  int octets;  // number of octets of the row
};

/// A QuantRow from pointers: to the row's first code, and to the tensor's first scale, or nullptr.
__device__ __forceinline__ QuantRow quant_row(void* codes, void* scales, int row, int octets) {
  return {reinterpret_cast<u64>(codes), reinterpret_cast<u64>(scales), row, octets};
}

/// Smallest scale of per-token FP8: part of the contract of numbers.
constexpr float kPerTokenMinScale = 1.0f / (512.0f * 448.0f);
/// Smallest scale of per-group FP8: part of the contract of numbers.
constexpr float kPerGroupMinScale = 1e-10f;

/// The largest magnitude; NaN are passed over.
__device__ __forceinline__ float amax_of(const float (&values)[8]) {
  float largest = 0.0f;
#pragma unroll
  for (int i = 0; i < 8; i++) largest = fmaxf(largest, fabsf(values[i]));
  return largest;
}

/// The largest of the values of `lanes` neighbouring lanes, a power of two. All 32 lanes call it together.
__device__ __forceinline__ float max_of_lanes(float value, int lanes) {
  for (int distance = 1; distance < lanes; distance *= 2)
    value = fmaxf(value, __shfl_xor_sync(0xffffffffu, value, distance));
  return value;
}

/// Writes the e4m3 codes of eight numbers.
__device__ __forceinline__ void store_e4m3(const QuantRow& to, int octet, const float (&values)[8]) {
  u32 codes[2];
  e4m3_octet(values, codes);
  reinterpret_cast<uint2*>(to.codes)[octet] = make_uint2(codes[0], codes[1]);
}

/// Writes the codes of value * factor.
__device__ __forceinline__ void store_e4m3_scaled(const QuantRow& to, int octet, const float (&values)[8],
                                                  float factor) {
  float scaled[8];
#pragma unroll
  for (int i = 0; i < 8; i++) scaled[i] = __fmul_rn(values[i], factor);
  store_e4m3(to, octet, scaled);
}

/// Writes the codes of value / scale.
__device__ __forceinline__ void store_e4m3_divided(const QuantRow& to, int octet, const float (&values)[8],
                                                   const Divider& scale) {
  float scaled[8];
#pragma unroll
  for (int i = 0; i < 8; i++) scaled[i] = scale.quotient(values[i]);
  store_e4m3(to, octet, scaled);
}

/// The scale of a row from its largest magnitude.
__device__ __forceinline__ float per_token_scale(float amax) {
  return fmaxf(divide_by<448>(amax), kPerTokenMinScale);
}

/// Per-group FP8: an octet of a group whose largest magnitude is `amax` and whose scale is number `index` of
/// the tensor. One thread of the group `writes` the scale.
__device__ __forceinline__ void quantize_group(const QuantRow& to, int octet, const float (&values)[8],
                                               float amax, u64 index, bool ue8m0, bool writes) {
  const float scale = fmaxf(divide_by<448>(amax), kPerGroupMinScale);
  if (!ue8m0) {
    if (writes) reinterpret_cast<float*>(to.scales)[index] = scale;
    store_e4m3_divided(to, octet, values, Divider(scale));
    return;
  }
  const u32 byte = ue8m0_up(scale);
  if (writes) reinterpret_cast<u8*>(to.scales)[index] = static_cast<u8>(byte);
  // Division by a power of two is multiplication by its reciprocal.
  store_e4m3_scaled(to, octet, values, ue8m0_reciprocal(byte));
}

/// NVFP4: blocks of 2 octets, in neighbouring lanes. All 32 lanes call it together; where `octet` lies behind
/// the row's end, the values are 0.
__device__ __forceinline__ void quantize_nvfp4(const QuantRow& to, int octet, const float (&values)[8],
                                               float global_scale, ScaleLayout layout) {
  constexpr int kBlock = kNvFp4Block / kRowVector;
  const float amax = max_of_lanes(amax_of(values), kBlock);
  if (octet >= to.octets) return;
  const u32 code = e4m3_pair(__fmul_rn(global_scale, divide_by<6>(amax)), 0.0f) & 0xFFu;
  if (octet % kBlock == 0) {
    const u64 offset = scale_offset(layout, static_cast<u32>(to.row), static_cast<u32>(octet / kBlock),
                                    static_cast<u32>(to.octets / kBlock));
    reinterpret_cast<u8*>(to.scales)[offset] = static_cast<u8>(code);
  }
  const float scale = e4m3_scale_value(code);
  const float factor = scale != 0.0f ? __fdiv_rn(global_scale, scale) : 0.0f;
  float scaled[8];
#pragma unroll
  for (int i = 0; i < 8; i++) scaled[i] = __fmul_rn(values[i], factor);
  reinterpret_cast<u32*>(to.codes)[octet] = e2m1_octet(scaled);
}

/// MXFP8: blocks of 4 octets, in neighbouring lanes. All 32 lanes call it together; where `octet` lies behind
/// the row's end, the values are 0.
__device__ __forceinline__ void quantize_mxfp8(const QuantRow& to, int octet, const float (&values)[8],
                                               ScaleLayout layout) {
  constexpr int kBlock = kMxFp8Block / kRowVector;
  const float amax = max_of_lanes(amax_of(values), kBlock);
  if (octet >= to.octets) return;
  const u32 byte = ue8m0_up(divide_by<448>(amax));
  if (octet % kBlock == 0) {
    const u64 offset = scale_offset(layout, static_cast<u32>(to.row), static_cast<u32>(octet / kBlock),
                                    static_cast<u32>(to.octets / kBlock));
    reinterpret_cast<u8*>(to.scales)[offset] = static_cast<u8>(byte);
  }
  store_e4m3_scaled(to, octet, values, ue8m0_reciprocal(byte));
}

/// Writes the zeros that pad a row's scales to a multiple of 4 blocks. At least 3 threads from thread 0 on
/// call it.
__device__ __forceinline__ void pad_scale_columns(const QuantRow& to, int blocks, ScaleLayout layout) {
  const int block = blocks + static_cast<int>(threadIdx.x);
  if (block >= scale_columns(layout, blocks)) return;
  const u64 offset =
      scale_offset(layout, static_cast<u32>(to.row), static_cast<u32>(block), static_cast<u32>(blocks));
  reinterpret_cast<u8*>(to.scales)[offset] = 0;
}

/// Writes the zeros that pad the scales of `rows` rows to whole tiles. All threads of the grid call it, and
/// each writes 16 bytes in turn, so that neighbouring threads write neighbouring bytes. `scales` is aligned
/// to 16 bytes.
__device__ __forceinline__ void pad_scale_rows(u64 scales, int rows, int blocks, ScaleLayout layout) {
  const int tile = scale_tile_rows(layout);
  const int in_last_tile = rows % tile;
  if (in_last_tile == 0) return;
  const u32 tiles = static_cast<u32>(blocks + 3) / 4;
  const u32 per_tile = static_cast<u32>(tile) / 4;
  const u64 last_tiles = scales + static_cast<u64>(rows / tile) * tiles * 4 * tile;
  const u32 block = blockIdx.y * gridDim.x + blockIdx.x;
  for (u32 i = block * blockDim.x + threadIdx.x; i < tiles * per_tile;
       i += gridDim.x * gridDim.y * blockDim.x) {
    const RowsOf16Bytes rows_of = rows_of_16_bytes(layout, i % per_tile);
    const u64 to = last_tiles + static_cast<u64>(i) * 16;
    if (rows_of.first >= static_cast<u32>(in_last_tile)) {
      ptx::st_global(reinterpret_cast<Words16*>(to), Words16{});
      continue;
    }
#pragma unroll
    for (u32 w = 1; w < 4; w++)
      if (rows_of.first + w * rows_of.step >= static_cast<u32>(in_last_tile))
        *reinterpret_cast<u32*>(to + 4 * w) = 0;
  }
}

}  // namespace fusion
