#pragma once

#include <fusion/allreduce/params.cuh>

namespace fusion {

/// What a kernel for one model knows when it is compiled, in the place of AnyCall. The caller launches it for
/// calls with these values only. `Ranks` means nothing to the epilogue kernel, `Group` and `GroupScaleUe8m0`
/// mean something to per-group FP8 alone. Results have the same bits as those of the kernels for any call.
template <int Hidden, int Ranks, bool Residual, NormKind Norm, int WeightBias, QuantKind Quant, int Group = 8,
          bool GroupScaleUe8m0 = false>
struct FixedCall {
  static_assert(Hidden >= kRowVector && Hidden <= kLongestRow && Hidden % kRowVector == 0,
                "whole octets, as many as a block has room for");
  static_assert(Ranks >= 1 && Ranks <= kMaxRanks, "each rank has a workspace in the parameter");
  static_assert(scale_block(Quant) == 0 || Hidden % scale_block(Quant) == 0,
                "whole blocks of the quantization");
  static_assert(Group >= kRowVector && Group % kRowVector == 0 && Hidden % Group == 0,
                "whole groups of whole octets");

  /// All octets that a thread can have: with constants the code stays small (9 to 23 KB a kernel for 4096
  /// elements where the built-in ones have 40 to 67), and the octets stay in registers (for 10240 elements 0
  /// to 16 bytes of local memory against 256 to 336): NVRTC 12.4 for sm_90a, 2026-11-24,
  /// bench/results/allreduce-for-one-model.md.
  static constexpr int kVectorsAtATime = kOctetsOfLongRow;
  static __device__ __forceinline__ int hidden(const AllReduceParams&) { return Hidden; }
  static __device__ __forceinline__ int ranks(const AllReduceParams&) { return Ranks; }
  static __device__ __forceinline__ NormKind norm(const AllReduceParams&) { return Norm; }
  static __device__ __forceinline__ QuantKind quant(const AllReduceParams&) { return Quant; }
  static __device__ __forceinline__ bool has_residual(const AllReduceParams&) { return Residual; }
  static __device__ __forceinline__ float weight_bias(const AllReduceParams&) { return WeightBias; }
  static __device__ __forceinline__ int group(const AllReduceParams&) { return Group; }
  static __device__ __forceinline__ bool group_scale_ue8m0(const AllReduceParams&) { return GroupScaleUe8m0; }
};

}  // namespace fusion
