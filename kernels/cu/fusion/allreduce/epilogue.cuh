#pragma once

#include <fusion/allreduce/params.cuh>
#include <fusion/norm/norm_octet.cuh>
#include <fusion/norm/row_octets.cuh>
#include <fusion/quant/quantize_row.cuh>

// What follows the sum of a row, in registers: residual, norm and quantization, docs/numbers.md, steps 2
// to 5. One-shot, two-shot and the epilogue kernel share this code, so that they give the same bits.

namespace fusion {

/// Static shared memory of a block.
struct EpilogueShared {
  RowScratch scratches[2];
};

/// Dynamic shared memory of a block: the amax of groups that cannot be reduced within a warp, and none
/// otherwise.
extern __shared__ u32 fusion_dynamic_shared[];

/// The work of one block, or of a cluster of gridDim.x blocks, on rows. A thread holds at most V octets of a
/// row.
///
/// Participants: all threads of these blocks construct it and call `finish`, for the same rows in the same
/// order; barriers of the block or cluster lie in both. The rest each thread calls for itself. Order: weak.
/// Alignment: tensors of T to 16 bytes, codes to 8, FP4 codes to 4.
template <class T, int V, class Call>
struct Epilogue {
  const AllReduceParams& params;
  RowReducer reducer;
  int hidden;
  int octets;
  float quant_scale;
  Octet<T> gamma[V];

  /// Starts to read the weights and the quantization's scale, which no kernel may write while this one runs.
  __device__ __forceinline__ Epilogue(const AllReduceParams& p, EpilogueShared& shared)
      : params(p),
        reducer(shared.scratches, static_cast<int>(blockIdx.x), static_cast<int>(gridDim.x)),
        hidden(Call::hidden(p)),
        octets(Call::hidden(p) / kRowVector),
        quant_scale(0.0f) {
    if (Call::norm(params) != NormKind::None) {
#pragma unroll Call::kVectorsAtATime
      for (int v = 0; v < V; v++)
        if (has(v)) gamma[v] = load_octet_nc(reinterpret_cast<const T*>(params.gamma) + 8 * octet(v));
    }
    if (params.quant_scale != 0) quant_scale = *reinterpret_cast<const float*>(params.quant_scale);
  }

  /// The first row of this block, and the distance to its next row.
  __device__ __forceinline__ int first_row() const { return static_cast<int>(blockIdx.y); }
  __device__ __forceinline__ int row_stride() const { return static_cast<int>(gridDim.y); }

  /// Number of the thread's octet v in the row.
  __device__ __forceinline__ int octet(int v) const { return reducer.octet(v); }

  /// Whether the row has the thread's octet v.
  __device__ __forceinline__ bool has(int v) const { return octet(v) < octets; }

  /// Address of the thread's octet v of a row in a tensor of T.
  __device__ __forceinline__ T* at(u64 tensor, int row, int v) const {
    return reinterpret_cast<T*>(tensor) + static_cast<u64>(row) * hidden + 8 * octet(v);
  }

  /// Starts to read the thread's octets of the row's residual, which the thread may overwrite in `finish`.
  __device__ __forceinline__ void prefetch(int row, Octet<T> (&residual)[V]) const {
    if (!Call::has_residual(params)) return;
#pragma unroll Call::kVectorsAtATime
    for (int v = 0; v < V; v++)
      if (has(v)) residual[v] = load_octet(at(params.residual, row, v));
  }

  /// Makes all outputs of a row. `x` is the row's sum and is overwritten.
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

  __device__ __forceinline__ void quantize(int row, const Octet<T> (&x)[V]) {
    const QuantKind kind = Call::quant(params);
    if (kind == QuantKind::None) return;
    const u64 bits = code_bits(kind);
    const QuantRow to = {params.quant_out + static_cast<u64>(row) * hidden * bits / 8, params.scale_out, row,
                         octets};
    const QuantOptions options = {quant_scale, static_cast<ScaleLayout>(params.layout), Call::group(params),
                                  Call::group_scale_ue8m0(params)};
    quantize_row<Call::kVectorsAtATime>(kind, *this, to, x, options, fusion_dynamic_shared);
  }
};

/// Writes the zeros in the rows that pad the scales to whole tiles. All threads of the grid call it; no
/// barrier. Order: weak writes.
template <class Call>
__device__ __forceinline__ void pad_scales(const AllReduceParams& params) {
  const int block = scale_block(Call::quant(params));
  if (block == 0) return;
  pad_scale_rows(params.scale_out, params.tokens, Call::hidden(params) / block,
                 static_cast<ScaleLayout>(params.layout));
}

}  // namespace fusion
