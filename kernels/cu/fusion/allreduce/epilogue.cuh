#pragma once

#include <fusion/allreduce/params.cuh>
#include <fusion/norm/norm_octet.cuh>
#include <fusion/norm/row_registers.cuh>
#include <fusion/quant/group_amax.cuh>
#include <fusion/quant/quantize.cuh>

// What follows the sum: residual, norm, quantization, in registers. docs/numbers.md, steps 2 to 5. The same
// code for one-shot, two-shot and the separate kernel, so that they give the same bits.

namespace fusion {

/// Shared memory of a block.
struct EpilogueShared {
  RowScratch scratches[2];
};

/// Dynamic shared memory: the amax of groups whose size fits no warp.
extern __shared__ u32 fusion_dynamic_shared[];

/// The work of one block, or of a cluster of gridDim.x blocks, on rows. The octets of a row go around the
/// threads of the blocks, V a thread at most. Participants: all threads of these blocks, for the same rows in
/// the same order. `prefetch` may be called by each thread for itself; block barriers lie in `finish`.
template <class T, int V, class Call>
struct Epilogue {
  const AllReduceParams& params;
  RowReducer reducer;
  int hidden;
  int octets;
  float quant_scale;
  Octet<T> gamma[V];

  /// Reads the weights, which no kernel writes meanwhile.
  __device__ __forceinline__ Epilogue(const AllReduceParams& p, EpilogueShared& shared)
      : params(p),
        reducer(shared.scratches, static_cast<int>(blockIdx.x), static_cast<int>(gridDim.x)),
        hidden(Call::hidden(p)),
        octets(Call::hidden(p) / 8),
        quant_scale(0.0f) {
    if (Call::norm(params) != NormKind::None) {
#pragma unroll Call::kVectorsAtATime
      for (int v = 0; v < V; v++)
        if (has(v)) gamma[v] = load_octet_nc(reinterpret_cast<const T*>(params.gamma) + 8 * octet(v));
    }
    if (params.quant_scale != 0) quant_scale = *reinterpret_cast<const float*>(params.quant_scale);
  }

  __device__ __forceinline__ int octet(int v) const {
    return static_cast<int>(threadIdx.x + (reducer.part + v * reducer.parts) * blockDim.x);
  }
  /// The first row of this block, and the rows between its rows.
  __device__ __forceinline__ int first_row() const { return static_cast<int>(blockIdx.y); }
  __device__ __forceinline__ int row_stride() const { return static_cast<int>(gridDim.y); }

  __device__ __forceinline__ bool has(int v) const { return octet(v) < octets; }

  /// Where the thread's octet v of a row is in a tensor of T.
  __device__ __forceinline__ T* at(u64 tensor, int row, int v) const {
    return reinterpret_cast<T*>(tensor) + static_cast<u64>(row) * hidden + 8 * octet(v);
  }

  /// Starts to read the row's residual, which the thread may overwrite in `finish`.
  __device__ __forceinline__ void prefetch(int row, Octet<T> (&residual)[V]) const {
    if (!Call::has_residual(params)) return;
#pragma unroll Call::kVectorsAtATime
    for (int v = 0; v < V; v++)
      if (has(v)) residual[v] = load_octet(at(params.residual, row, v));
  }

  /// From the row's sum to all its outputs. `x` is the sum; it is overwritten.
  __device__ __forceinline__ void finish(int row, Octet<T> (&x)[V], const Octet<T> (&residual)[V]) {
    store(params.allreduce_out, row, x);
    if (Call::has_residual(params)) add(x, residual);
    store(params.residual_out, row, x);
    normalize(x);
    store(params.norm_out, row, x);
    quantize(row, x);
  }

 private:
  __device__ __forceinline__ void store(u64 tensor, int row, const Octet<T> (&x)[V]) const {
    if (tensor == 0) return;
#pragma unroll Call::kVectorsAtATime
    for (int v = 0; v < V; v++)
      if (has(v)) store_octet(at(tensor, row, v), x[v]);
  }

  __device__ __forceinline__ void add(Octet<T> (&x)[V], const Octet<T> (&residual)[V]) const {
#pragma unroll Call::kVectorsAtATime
    for (int v = 0; v < V; v++) {
      float a[8], r[8];
      widen(x[v], a);
      widen(residual[v], r);
#pragma unroll
      for (int i = 0; i < 8; i++) a[i] = __fadd_rn(a[i], r[i]);
      x[v] = round_octet<T>(a);
    }
  }

  __device__ __forceinline__ void normalize(Octet<T> (&x)[V]) {
    const NormKind kind = Call::norm(params);
    if (kind == NormKind::None) return;
    if (kind == NormKind::Layer) {
      layer_norm(x);
      return;
    }
    float h[8], partial[V];
#pragma unroll Call::kVectorsAtATime
    for (int v = 0; v < V; v++) {
      widen(x[v], h);
      partial[v] = has(v) ? sum_of_squares(h) : 0.0f;
    }
    const float rstd = rms_norm_rstd(reducer.sum(partial, octets), hidden, params.epsilon);
#pragma unroll Call::kVectorsAtATime
    for (int v = 0; v < V; v++) {
      widen(x[v], h);
      x[v] = kind == NormKind::Rms
                 ? rms_norm_octet(h, rstd, gamma[v], Call::weight_bias(params))
                 : rms_norm_octet_rounded_twice(h, rstd, gamma[v], Call::weight_bias(params));
    }
  }

  __device__ __forceinline__ void layer_norm(Octet<T> (&x)[V]) {
    float d[8], partial[V];
#pragma unroll Call::kVectorsAtATime
    for (int v = 0; v < V; v++) {
      widen(x[v], d);
      partial[v] = has(v) ? sum_of(d) : 0.0f;
    }
    const float mean = __fdiv_rn(reducer.sum(partial, octets), static_cast<float>(hidden));
#pragma unroll Call::kVectorsAtATime
    for (int v = 0; v < V; v++) {
      deviations(x[v], mean, d);
      partial[v] = has(v) ? sum_of_squares(d) : 0.0f;
    }
    const float rstd = rms_norm_rstd(reducer.sum(partial, octets), hidden, params.epsilon);
#pragma unroll Call::kVectorsAtATime
    for (int v = 0; v < V; v++) {
      float beta[8] = {-0.0f, -0.0f, -0.0f, -0.0f, -0.0f, -0.0f, -0.0f, -0.0f};
      if (params.beta != 0 && has(v))
        widen(load_octet_nc(reinterpret_cast<const T*>(params.beta) + 8 * octet(v)), beta);
      deviations(x[v], mean, d);
      x[v] = layer_norm_octet(d, rstd, gamma[v], Call::weight_bias(params), beta);
    }
  }

  __device__ __forceinline__ void deviations(const Octet<T>& x, float mean, float (&d)[8]) const {
    widen(x, d);
#pragma unroll
    for (int i = 0; i < 8; i++) d[i] = __fsub_rn(d[i], mean);
  }

  /// The octet's numbers; zeros for a thread without one.
  __device__ __forceinline__ void numbers(const Octet<T>& x, int v, float (&values)[8]) const {
    widen(x, values);
    if (has(v)) return;
#pragma unroll
    for (int i = 0; i < 8; i++) values[i] = 0.0f;
  }

  __device__ __forceinline__ void quantize(int row, const Octet<T> (&x)[V]) {
    const QuantKind kind = Call::quant(params);
    if (kind == QuantKind::None) return;
    const u64 bits = kind == QuantKind::NvFp4 ? 4 : 8;
    const QuantRow to = {params.quant_out + static_cast<u64>(row) * hidden * bits / 8, params.scale_out, row,
                         octets};
    const ScaleLayout layout = static_cast<ScaleLayout>(params.layout);
    float values[8];
    if (kind == QuantKind::StaticFp8) {
      const float factor = __fdiv_rn(1.0f, quant_scale);
#pragma unroll Call::kVectorsAtATime
      for (int v = 0; v < V; v++) {
        widen(x[v], values);
        if (has(v)) store_e4m3_scaled(to, octet(v), values, factor);
      }
    } else if (kind == QuantKind::PerTokenFp8) {
      float amax = 0.0f;
#pragma unroll Call::kVectorsAtATime
      for (int v = 0; v < V; v++) {
        numbers(x[v], v, values);
        amax = fmaxf(amax, amax_of(values));
      }
      const float scale = per_token_scale(reducer.amax(amax));
      if (octet(0) == 0) reinterpret_cast<float*>(to.scales)[row] = scale;
      const Divider divider(scale);
#pragma unroll Call::kVectorsAtATime
      for (int v = 0; v < V; v++) {
        widen(x[v], values);
        if (has(v)) store_e4m3_divided(to, octet(v), values, divider);
      }
    } else if (kind == QuantKind::PerGroupFp8) {
      quantize_groups(to, x);
    } else if (kind == QuantKind::NvFp4) {
#pragma unroll Call::kVectorsAtATime
      for (int v = 0; v < V; v++) {
        numbers(x[v], v, values);
        quantize_nvfp4(to, octet(v), values, quant_scale, layout);
      }
      if (reducer.part == 0) pad_scale_columns(to, octets / 2, layout);
    } else {
#pragma unroll Call::kVectorsAtATime
      for (int v = 0; v < V; v++) {
        numbers(x[v], v, values);
        quantize_mxfp8(to, octet(v), values, layout);
      }
      if (reducer.part == 0) pad_scale_columns(to, octets / 4, layout);
    }
  }

  __device__ __forceinline__ void quantize_groups(const QuantRow& to, const Octet<T> (&x)[V]) {
    const int lanes = Call::group(params) / 8;
    const int groups = hidden / Call::group(params);
    const bool ue8m0 = Call::group_scale_ue8m0(params);
    const u64 first = static_cast<u64>(to.row) * groups;
    const bool in_warp = lanes <= kRowTile && (lanes & (lanes - 1)) == 0;
    GroupAmax shared = {fusion_dynamic_shared, groups};
    float values[8];
    if (!in_warp) {
      shared.clear();
#pragma unroll Call::kVectorsAtATime
      for (int v = 0; v < V; v++) {
        widen(x[v], values);
        if (has(v)) shared.add(octet(v) / lanes, amax_of(values));
      }
      __syncthreads();
    }
#pragma unroll Call::kVectorsAtATime
    for (int v = 0; v < V; v++) {
      numbers(x[v], v, values);
      const int group = octet(v) / lanes;
      const float amax = in_warp ? max_of_lanes(amax_of(values), lanes) : has(v) ? shared.of(group) : 0.0f;
      if (has(v)) quantize_group(to, octet(v), values, amax, first + group, ue8m0, octet(v) % lanes == 0);
    }
  }
};

/// Zeros in the rows that pad the scales to whole tiles. All blocks of the grid call it, each for its part;
/// no barrier.
template <class Call>
__device__ __forceinline__ void pad_scales(const AllReduceParams& params) {
  const QuantKind kind = Call::quant(params);
  if (kind != QuantKind::NvFp4 && kind != QuantKind::MxFp8) return;
  const int blocks = Call::hidden(params) / (kind == QuantKind::NvFp4 ? 16 : 32);
  pad_scale_rows(params.scale_out, params.tokens, blocks, static_cast<ScaleLayout>(params.layout));
}

}  // namespace fusion
