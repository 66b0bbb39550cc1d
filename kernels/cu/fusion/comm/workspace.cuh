#pragma once

#include <fusion/base/integers.cuh>
#include <fusion/ptx/memory.cuh>

// A rank's workspace: memory of its GPU that all peers may write.
//
//   0                  Control, 256 bytes
//   256                buffer 0, of `buffer_bytes`
//   256 + buffer_bytes buffer 1
//
// Calls use the buffers in turn. Two are enough, though data are read without any barrier: whoever reads a
// slot writes the markers back at once. A peer may write to the same slot again two calls later; it starts
// that call when its last one has ended, for which it needed something of this rank's last call, which this
// rank starts when the reading call has ended.

namespace fusion {

constexpr int kMaxRanks = 16;
constexpr int kControlBytes = 256;

/// State between the calls of one rank, in its own memory. All zero after a reset.
struct alignas(16) Control {
  u32 call;      // number of the call that runs, or that runs next
  u32 arrivals;  // blocks of it that have read `call`
  u32 failed;    // not 0: a wait ended without its data, and all waits end until the next reset; see Failure
  u32 reserved;
};

/// The word Control::failed: whose data did not come, and in which call. All blocks of a call decide alike
/// whether it is refused, because only an earlier call refuses it, and that has ended.
struct Failure {
  static constexpr u32 kCallBits = 27;

  static __device__ __forceinline__ u32 of(u32 call, int missing) {
    return call << (32 - kCallBits) | static_cast<u32>(missing) << 1 | 1u;
  }
  static __device__ __forceinline__ int missing(u32 failed) { return static_cast<int>(failed >> 1 & 15u); }
  static __device__ __forceinline__ bool refuses(u32 failed, u32 call) {
    return failed != 0 && failed >> (32 - kCallBits) != (call & ((1u << kCallBits) - 1));
  }
};

/// What a block of a call is told at its start.
struct CallTicket {
  u32 number;
  bool refused;  // an earlier call failed: do nothing
};

/// Tells all threads of the block which call this is, so that a captured graph may replay any number of
/// times. All threads of the block call it once, after griddepcontrol_wait, and `shared` is theirs alone. A
/// block barrier lies in it.
///
/// Order: the number is raised for the next call when all blocks have read it, that is, by the last block
/// that comes; the next call's griddepcontrol_wait, or its start, makes that visible. Refused calls do not
/// count.
__device__ __forceinline__ CallTicket enter_call(Control* control, CallTicket& shared) {
  if (threadIdx.x == 0) {
    const Words16 state = ptx::ld_relaxed_sys(reinterpret_cast<const Words16*>(control));
    shared = {state.w[0], Failure::refuses(state.w[2], state.w[0])};
  }
  __syncthreads();
  const CallTicket ticket = shared;
  if (threadIdx.x == 0 && atomicAdd(&control->arrivals, 1u) == gridDim.x * gridDim.y - 1) {
    control->arrivals = 0;
    if (!ticket.refused) control->call = ticket.number + 1;
  }
  return ticket;
}

}  // namespace fusion
