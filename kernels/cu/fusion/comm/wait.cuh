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

/// Tells the host whose data did not come. The first thread of the rank is the one the host hears of.
__device__ __noinline__ void report_missing(Control* control, WaitStatus* status, u32 call, u32 peer,
                                            WaitStep step, u32 token) {
  if (atomicCAS(&control->failed, 0u, 1u) != 0) return;
  status->peer = peer;
  status->step = static_cast<u32>(step);
  status->token = token;
  status->call = call;
  ptx::st_release_sys(&status->failed, 1);
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

  __device__ __forceinline__ void give_up(int peer, WaitStep step, int token) {
    report_missing(control, status, call, static_cast<u32>(peer), step, static_cast<u32>(token));
  }
};

}  // namespace fusion
