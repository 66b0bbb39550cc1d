#pragma once

#include <fusion/base/integers.cuh>
#include <fusion/base/limits.cuh>
#include <fusion/quant/quant_kind.cuh>

namespace fusion {

/// The norm of a row: docs/numbers.md, step 3.
enum class NormKind : int { None = 0, Rms = 1, RmsRoundedTwice = 2, Layer = 3 };

/// AllReduceParams::overlap of a kernel that lets the next one start when all its own blocks have. A kernel
/// of two-shot takes it as any other than 0.
constexpr int kOverlapAtOnce = 2;

/// The one parameter of all kernels here. Laid out as Fusion.Runtime.AllReduceParameters. Addresses are as
/// the launching rank's GPU sees them, aligned to 16 bytes; 0 is what the call does not have or want. T is
/// the kernel's type; rows have `hidden` elements.
struct AllReduceParams {
  u64 workspaces[kMaxRanks];  // of each rank, this one's among them
  u64 input;                  // T [tokens, hidden]; for the epilogue kernel the rows that are summed already
  u64 allreduce_out;          // T [tokens, hidden]
  u64 residual;               // T [tokens, hidden]
  u64 residual_out;           // T [tokens, hidden]
  u64 gamma;                  // T [hidden]
  u64 beta;                   // T [hidden]
  u64 norm_out;               // T [tokens, hidden]
  u64 quant_out;              // codes of the quantization [tokens, hidden]
  u64 scale_out;              // scales as the quantization and its layout have them
  u64 quant_scale;            // float: scale of static FP8, global scale of NVFP4
  u64 status;                 // WaitStatus
  u64 timeout_ns;             // of all waits of the call
  u64 buffer_bytes;           // of a buffer of the workspaces
  u64 slot_bytes;     // from the slots of a peer to those of the next: of one-shot, or of two-shot's scatter
  u64 gather_offset;  // two-shot: from a buffer's start to the slots of the summed rows
  int rank;
  int ranks;
  int tokens;
  int hidden;
  int norm;               // NormKind
  int quant;              // QuantKind
  int layout;             // ScaleLayout
  int group;              // elements of a group of per-group FP8
  int group_scale_ue8m0;  // not 0: its scales are UE8M0 bytes
  float epsilon;
  float weight_bias;
  int overlap;    // not 0: the next kernel of the stream may start before this one has ended
  int first_row;  // number of the launch's first row in the whole call, for reports: a call may be in pieces
};

static_assert(sizeof(AllReduceParams) == kMaxRanks * 8 + 15 * 8 + 14 * 4, "as the host lays it out");

/// Reads a word of each 32 bytes of the parameter, so that it is in the multiprocessor's cache when it is
/// needed. A kernel calls it before griddepcontrol_wait, when time costs nothing: fused calls of few tokens
/// are 0.1 us faster by it (bench/notes.md).
__device__ __forceinline__ void touch(const AllReduceParams& params) {
  u32 all = 0;
#pragma unroll
  for (int i = 0; i < static_cast<int>(sizeof(params) / sizeof(u32)); i += 8)
    all ^= reinterpret_cast<const u32*>(&params)[i];
  // Waits for nothing, and keeps the reads.
  asm volatile("{ .reg .pred p; setp.eq.u32 p, %0, 0x7A3C91E5; @p nanosleep.u32 0; }" ::"r"(all));
}

/// What a kernel for any call knows when it is compiled: nothing; it reads its parameter. A kernel for one
/// model has FixedCall of fixed_call.cuh in its place, whose functions return constants.
struct AnyCall {
  /// Number of a thread's octets that are worked on at a time. One, because loops over all norms and
  /// quantizations would grow with each more: even so a kernel has 40 to 67 KB of code (NVRTC 12.4 for
  /// sm_90a, 2026-11-24, bench/results/allreduce-for-one-model.md). The time of other values was not
  /// measured.
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
