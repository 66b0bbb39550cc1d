#pragma once

#include <fusion/base/integers.cuh>

// How the host hears of what CUDA graphs replay: nobody tells it of a replay, so the GPU counts.

namespace fusion {

/// Counts one more, and tells the host. `count` is memory of this GPU, `for_host` memory of the host, which
/// is not read, since that would cross the bus.
///
/// Participants: one thread. Launches with the same count follow each other in a stream. Order: the host sees
/// the counts one after the other, and nothing else by them; volatile is relaxed at system scope.
__device__ __forceinline__ void count_replay(u32* count, volatile u32* for_host) {
  const u32 next = *count + 1;
  *count = next;
  *for_host = next;
}

}  // namespace fusion
