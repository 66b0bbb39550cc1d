#pragma once

#include <fusion/comm/workspace.cuh>
#include <fusion/ptx/warp.cuh>

// Waits that end. A wait reads the clock from time to time; past the deadline, or when another wait of this
// rank or the host has given up, it ends without its data, and the host learns from WaitStatus which rank did
// not come.

namespace fusion {

/// Where a rank's kernels report that they gave up, in memory that the host can read: one for each rank, all
/// zero at first. Laid out as Fusion.Runtime.WaitStatus.
struct WaitStatus {
  u32 failed;  // not 0: the next four are valid. Written last, with release.
  u32 peer;    // rank that did not come
  u32 step;    // WaitStep of the wait that ended
  u32 token;   // row whose data did not come
  u32 call;    // number of the call
  u32 poison;  // written by the host: not 0 ends all waits of the rank
};

/// What a wait is for. A collective of your own uses OneShot for data that a peer has when it starts, Gather
/// for data that a peer makes of those of others. Machines is no wait: the sum of all machines lacks data for
/// which a rank of another one waited in vain. The host has 4, 5 and 7 for itself.
enum class WaitStep : u32 { OneShot = 1, Scatter = 2, Gather = 3, Machines = 6 };

/// Number of polls without data between two looks at the clock. Not measured; it only has to make reading the
/// clock rare beside polling.
constexpr u32 kPollsPerLook = 128;
/// Number of looks at the clock between two looks at the host's poison word, which crosses the bus. Not
/// measured.
constexpr u32 kLooksPerPoisonCheck = 64;
/// Part of the timeout that a wait for a peer's results goes on after the deadline: one eighth. Not measured;
/// it has to be longer than the peers' deadlines lie apart.
constexpr u32 kGraceDivisor = 8;

/// Reports to the host whose data did not come. One thread, for itself; the first thread of the rank that
/// calls it is the one whose report the host gets. Returns the rank that the report names: the waits of the
/// other threads end because of that one, whomever they waited for. Order: the report is written before
/// `failed`, with release at system scope.
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

/// The waits of one thread during a call. All of them together end `timeout` nanoseconds after the first of
/// them that had to wait for long; those for what a peer makes of the data of others a little later, so that
/// the host hears first of the rank that is missing and not of a rank that waits for it too.
struct Waiter {
  Control* control;
  WaitStatus* status;
  u64 timeout;
  u64 deadline;  // 0 before the first look at the clock
  u32 call;
  u32 polls;

  __device__ __forceinline__ Waiter(Control* own_control, WaitStatus* own_status, u64 timeout_ns,
                                    const CallTicket& ticket)
      : control(own_control),
        status(own_status),
        timeout(timeout_ns),
        deadline(0),
        call(ticket.number),
        polls(0) {}

  /// Counts a poll that found no data. True: give up. Order: relaxed reads of the control block and, seldom,
  /// of the host's memory.
  __device__ __forceinline__ bool must_end(WaitStep step) {
    polls++;
    if (polls % kPollsPerLook != 0) return false;
    const u64 now = ptx::globaltimer();
    if (deadline == 0) deadline = now + timeout;
    const u64 grace = step == WaitStep::Gather ? timeout / kGraceDivisor : 0;
    if (now >= deadline + grace || ptx::ld_relaxed_sys(&control->failed) != 0) return true;
    return polls % (kPollsPerLook * kLooksPerPoisonCheck) == 0 && ptx::ld_relaxed_sys(&status->poison) != 0;
  }

  /// Reports that the data of `peer` for row `token` did not come. Returns the rank that the host hears of.
  __device__ __forceinline__ int give_up(int peer, WaitStep step, int token) {
    return report_missing(control, status, call, peer, step, static_cast<u32>(token));
  }
};

}  // namespace fusion
