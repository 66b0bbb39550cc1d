#pragma once

#include <fusion/comm/workspace.cuh>
#include <fusion/ptx/warp.cuh>

// Waits that end. A wait looks at the clock now and then; past the deadline, or when another wait of this
// rank or the host has given up, it ends without its data, and the host learns from WaitStatus who was waited
// for.

namespace fusion {

/// In host memory that the GPU sees, one for a rank. Laid out as Fusion.Runtime.WaitStatus.
struct WaitStatus {
  u32 failed;  // not 0: the rest is valid. Written last, with release.
  u32 peer;
  u32 step;
  u32 token;
  u32 call;
  u32 poison;  // the host's word: not 0 ends all waits
};

/// What is waited for.
enum class WaitStep : u32 { OneShot = 1, Scatter = 2, Gather = 3 };

constexpr u32 kPollsPerLook = 128;
constexpr u32 kLooksPerPoisonCheck = 64;

/// Tells the host whose data did not come. The first thread of the rank is the one the host hears of. Returns
/// the rank that this one names: the others' waits end because of it, whoever they waited for.
__device__ __noinline__ int report_missing(Control* control, WaitStatus* status, u32 call, int peer,
                                           WaitStep step, u32 token) {
  const u32 before = atomicCAS(&control->failed, 0u, Failure::of(call, peer));
  if (before != 0) return Failure::missing(before);
  status->peer = static_cast<u32>(peer);
  status->step = static_cast<u32>(step);
  status->token = token;
  status->call = call;
  ptx::st_release_sys(&status->failed, 1);
  return peer;
}

/// One thread's waits during a call. All of them together end `timeout` nanoseconds after the first that had
/// to wait; those for what a peer makes of others' data a little later, so that the host hears first of the
/// rank that is missing and not of one that waits for it too.
struct Waiter {
  Control* control;
  WaitStatus* status;
  u64 timeout;
  u64 deadline;  // 0 before the first look
  u32 call;
  u32 polls;

  /// Counts a poll in vain. True: give up. Looks at the clock once in kPollsPerLook polls, at the host's
  /// memory, which is far away, seldom.
  __device__ __forceinline__ bool must_end(WaitStep step) {
    polls++;
    if (polls % kPollsPerLook != 0) return false;
    const u64 now = ptx::globaltimer();
    if (deadline == 0) deadline = now + timeout;
    const u64 grace = step == WaitStep::Gather ? timeout / 8 : 0;
    if (now >= deadline + grace || ptx::ld_relaxed_sys(&control->failed) != 0) return true;
    return polls % (kPollsPerLook * kLooksPerPoisonCheck) == 0 && ptx::ld_relaxed_sys(&status->poison) != 0;
  }

  /// Returns the rank that is to blame.
  __device__ __forceinline__ int give_up(int peer, WaitStep step, int token) {
    return report_missing(control, status, call, peer, step, static_cast<u32>(token));
  }
};

}  // namespace fusion
