#pragma once

#include <fusion/allreduce/params.cuh>

// What the kernels for the usual calls know when they are compiled: world size and kind of the epilogue. They
// have half of AnyCall's code or less, and are 5 to 15% faster at few tokens (bench/notes.md). Results have
// the same bits. The caller launches them for such calls only: Fusion.Runtime.UsualCall is the host's side.

namespace fusion {

/// The sum alone: no residual, norm or quantization.
template <int Ranks>
struct SumCall : AnyCall {
  static __device__ __forceinline__ int ranks(const AllReduceParams&) { return Ranks; }
  static __device__ __forceinline__ NormKind norm(const AllReduceParams&) { return NormKind::None; }
  static __device__ __forceinline__ QuantKind quant(const AllReduceParams&) { return QuantKind::None; }
  static __device__ __forceinline__ bool has_residual(const AllReduceParams&) { return false; }
};

/// Residual and RMSNorm, then no quantization, static FP8 or per-token FP8.
template <int Ranks>
struct NormCall : AnyCall {
  static __device__ __forceinline__ int ranks(const AllReduceParams&) { return Ranks; }
  static __device__ __forceinline__ NormKind norm(const AllReduceParams&) { return NormKind::Rms; }
  static __device__ __forceinline__ QuantKind quant(const AllReduceParams& p) {
    const QuantKind kind = static_cast<QuantKind>(p.quant);
    return kind == QuantKind::StaticFp8 || kind == QuantKind::PerTokenFp8 ? kind : QuantKind::None;
  }
  static __device__ __forceinline__ bool has_residual(const AllReduceParams&) { return true; }
};

}  // namespace fusion
