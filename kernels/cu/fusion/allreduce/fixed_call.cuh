#pragma once

#include <fusion/allreduce/params.cuh>

namespace fusion {

/// What a kernel for one model knows when it is compiled, in the place of AnyCall. The caller launches it for
/// calls with these values only. `Ranks` is of no account for the separate epilogue, `Group` for all but
/// per-group FP8. Results are the bits of the kernels that know nothing.
template <int Hidden, int Ranks, bool Residual, NormKind Norm, int WeightBias, QuantKind Quant, int Group = 8,
          bool GroupScaleUe8m0 = false>
struct FixedCall {
  static_assert(Hidden >= 8 && Hidden <= 32768 && Hidden % 8 == 0, "octets, as many as a block has room for");
  static_assert(Ranks >= 1 && Ranks <= kMaxRanks, "a workspace each");
  static_assert(Quant != QuantKind::NvFp4 || Hidden % 16 == 0, "whole blocks of NVFP4");
  static_assert(Quant != QuantKind::MxFp8 || Hidden % 32 == 0, "whole blocks of MXFP8");
  static_assert(Group >= 8 && Group % 8 == 0 && Hidden % Group == 0, "whole groups of whole octets");

  /// All of them: little code is left, and arrays of them stay in registers.
  static constexpr int kVectorsAtATime = 4;
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
