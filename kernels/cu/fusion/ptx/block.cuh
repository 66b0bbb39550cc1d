#pragma once

#include <fusion/base/architecture.cuh>

// Barriers of some of a block's threads.

namespace fusion::ptx {

/// Waits until `threads` threads of the block have come to its barrier `number`, 1 to 15; __syncthreads is
/// number 0. Participants: whole warps, of `threads` threads together. Order: what they wrote before is
/// visible to all of them.
__device__ __forceinline__ void barrier_sync(int number, int threads) {
  asm volatile("barrier.sync %0, %1;" ::"r"(number), "r"(threads) : "memory");
}

}  // namespace fusion::ptx
