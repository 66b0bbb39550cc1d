#pragma once

#include <fusion/base/limits.cuh>
#include <fusion/ptx/memory.cuh>

// The workspace of a rank: memory of its GPU that all its peers may write, aligned to 256 bytes.
//
//   offset                        content             before the first call
//   0                             Control             zero
//   kControlBytes                 buffer 0            kUnwrittenByte
//   kControlBytes + buffer_bytes  buffer 1            kUnwrittenByte
//
// Calls use the buffers in turn. Two are enough without any barrier, because the thread that receives from a
// slot puts the markers back at once. A peer may send to the same slot again two calls later. It starts that
// call when its last one has ended; for that it had to receive something of this rank's last call; and this
// rank started that one only when the call that received from the slot had ended. So the launches of a rank
// must follow each other in a stream, and in each call a rank must receive from every rank that it sends to.
//
// What that chain rests on. The write-back comes before this rank's next sends, because the kernel that wrote
// back has ended, with all its writes performed, before griddepcontrol_wait returns in the next one. The peer
// has observed such a send when it ends its call, and sends to the slot in a later kernel. In PTX's memory
// model (8.7, causality order) observing a relaxed write orders what follows the read behind that write, but
// not behind what came before it: for that, the send would have to be a release and the read an acquire. So
// the model leaves a gap, which the hardware does not have: a slot lies in one GPU's memory, whose L2 cache
// is the one place where writes to it meet, and the write-back has been there before the send leaves the GPU.
// A fence.acq_rel.sys behind griddepcontrol_wait would make each send a release. It costs 1.6 us a call, more
// than half of a call of one token (bench/notes.md).

namespace fusion {

/// State of one rank between its calls, in its own workspace. All zero after a reset.
struct alignas(16) Control {
  u32 call;      // number of the call that runs, or of the next one if none runs
  u32 arrivals;  // number of its blocks that have read `call`
  u32 failed;    // not 0: a wait ended without its data, and all waits end until the next reset; see Failure
};

static_assert(sizeof(Control) == 16, "enter_call reads it in one access");
static_assert(sizeof(Control) <= kControlBytes, "the buffers start behind it");

/// The word Control::failed: whose data did not come, and in which call. All blocks of a call decide alike
/// whether it is refused, because only an earlier call refuses it, and that one has ended.
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

/// What a block of a call learns at its start.
struct CallTicket {
  u32 number;
  bool refused;  // an earlier call failed: the block must end without sending or receiving
};

/// The control block of a workspace.
__device__ __forceinline__ Control* control_of(u64 workspace) {
  return reinterpret_cast<Control*>(workspace);
}

/// Offset in bytes from a workspace's start to the buffer that a call uses.
__device__ __forceinline__ u64 buffer_offset(const CallTicket& ticket, u64 buffer_bytes) {
  return kControlBytes + (ticket.number % kBuffers) * buffer_bytes;
}

/// Tells all threads of the block which call this is. The kernels count calls themselves, so that a captured
/// graph may be replayed any number of times.
///
/// Participants: all threads of the block, once, after griddepcontrol_wait; all blocks of the grid, which has
/// no z. `shared` is in shared memory and used for nothing else. A block barrier lies in it.
///
/// Order: the last block that has read the number raises it for the next call; the next call's
/// griddepcontrol_wait, or its start, makes that visible. Refused calls do not count.
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
