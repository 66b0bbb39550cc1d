#pragma once

#include <fusion/collectives/params.cuh>

namespace fusion {

/// Between machines another library sums, which does not see that a rank of a machine gave up, and whose sum
/// is then wrong on all machines. So 16 bytes go with each rank's part of the sum: zeros, or ones where the
/// rank gave up. Their sum is zero where no rank did.
///
/// Participants: one thread of the grid. It waits for nobody. The launches of a rank follow each other in a
/// stream.

/// Writes the 16 bytes at `output` before the library sums. k: a one of the type of the sum, in each half of
/// the word for types of two bytes.
__device__ __forceinline__ void write_failure_word(const CollectiveParams& params) {
  ptx::griddepcontrol_wait();
  const u32 failed = ptx::ld_relaxed_sys(&control_of(params.workspaces[params.rank])->failed);
  const u32 word = failed != 0 ? static_cast<u32>(params.k) : 0;
  ptx::st_global(reinterpret_cast<Words16*>(params.output), Words16{{word, word, word, word}});
}

/// Reads the 16 bytes at `input` behind the library's sum. If they say that a rank of another machine gave
/// up, this rank gives up too: it sends its peers no sum, and the host hears of it. So it does where the host
/// has said before that the library's sum was given up or aborted.
__device__ __forceinline__ void read_failure_word(const CollectiveParams& params) {
  ptx::griddepcontrol_wait();
  // Zeros of either sign, in halves or whole words.
  constexpr u32 kMagnitude = 0x7FFF7FFFu;
  const Words16 sum = ptx::ld_global(reinterpret_cast<const Words16*>(params.input));
  WaitStatus* const status = reinterpret_cast<WaitStatus*>(params.status);
  const bool is_reported = ptx::ld_relaxed_sys(&status->failed) != 0;
  if (((sum.w[0] | sum.w[1] | sum.w[2] | sum.w[3]) & kMagnitude) == 0 && !is_reported) return;
  Control* const control = control_of(params.workspaces[params.rank]);
  // The last one that the kernels counted: no other one runs.
  const u32 call = control->call - 1;
  if (atomicCAS(&control->failed, 0u, Failure::of(call, params.rank)) != 0 || is_reported) return;
  constexpr u32 kAny = 0xFFFFFFFFu;
  status->peer = kAny;
  status->step = static_cast<u32>(WaitStep::Machines);
  status->token = kAny;
  status->call = call;
  ptx::st_release_sys(&status->failed, 1);
}

}  // namespace fusion
