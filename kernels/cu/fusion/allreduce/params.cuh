#pragma once

#include <fusion/base/integers.cuh>
#include <fusion/comm/workspace.cuh>

namespace fusion {

/// docs/numbers.md, step 3.
enum class NormKind : int { None = 0, Rms = 1, RmsRoundedTwice = 2, Layer = 3 };

/// docs/numbers.md, step 4.
enum class QuantKind : int {
  None = 0,
  StaticFp8 = 1,
  PerTokenFp8 = 2,
  PerGroupFp8 = 3,
  NvFp4 = 4,
  MxFp8 = 5
};

/// The one parameter of all kernels here. Laid out as Fusion.Runtime.AllReduceParameters. Addresses are those
/// of the launching rank's GPU; 0 is what the call does not have or want. T is the kernel's type; rows are
/// `hidden` long.
struct AllReduceParams {
  u64 workspaces[kMaxRanks];  // of every rank, its own among them
  u64 input;                  // T [tokens, hidden]; for the epilogue alone what is already reduced
  u64 allreduce_out;          // T [tokens, hidden]
  u64 residual;               // T [tokens, hidden]
  u64 residual_out;           // T [tokens, hidden]
  u64 gamma;                  // T [hidden]
  u64 beta;                   // T [hidden]
  u64 norm_out;               // T [tokens, hidden]
  u64 quant_out;              // e4m3 or e2m1 [tokens, hidden]
  u64 scale_out;              // as the quantization's layout has it
  u64 quant_scale;            // float: scale of static FP8, global scale of NVFP4
  u64 status;                 // WaitStatus
  u64 timeout_ns;             // of all waits of the call
  u64 buffer_bytes;           // from a buffer to the next
  u64 slot_bytes;             // from a peer's slot to the next: one-shot's, or two-shot's scatter
  u64 gather_offset;          // two-shot: from a buffer's start to the gathered rows
  int rank;
  int ranks;
  int tokens;
  int hidden;
  int norm;               // NormKind
  int quant;              // QuantKind
  int layout;             // ScaleLayout
  int group;              // elements of a group of per-group FP8
  int group_scale_ue8m0;  // not 0: its scales are bytes
  float epsilon;
  float weight_bias;
  int overlap;  // not 0: the next kernel of the stream may come onto the GPU before this one has ended
};

static_assert(sizeof(AllReduceParams) == 128 + 15 * 8 + 12 * 4, "as the host lays it out");

/// What is known of a call when the kernel is compiled: nothing. A kernel for one model replaces these by
/// constants: fixed_call.cuh.
struct AnyCall {
  /// Of the octets of a thread, how many are worked on at a time: one, since unrolled loops over all that a
  /// call could want are a lot of code.
  static constexpr int kVectorsAtATime = 1;
  static __device__ __forceinline__ int hidden(const AllReduceParams& p) { return p.hidden; }
  static __device__ __forceinline__ int ranks(const AllReduceParams& p) { return p.ranks; }
  static __device__ __forceinline__ NormKind norm(const AllReduceParams& p) {
    return static_cast<NormKind>(p.norm);
  }
  static __device__ __forceinline__ QuantKind quant(const AllReduceParams& p) {
    return static_cast<QuantKind>(p.quant);
  }
  static __device__ __forceinline__ bool has_residual(const AllReduceParams& p) { return p.residual != 0; }
  static __device__ __forceinline__ float weight_bias(const AllReduceParams& p) { return p.weight_bias; }
  static __device__ __forceinline__ int group(const AllReduceParams& p) { return p.group; }
  static __device__ __forceinline__ bool group_scale_ue8m0(const AllReduceParams& p) {
    return p.group_scale_ue8m0 != 0;
  }
};

}  // namespace fusion
