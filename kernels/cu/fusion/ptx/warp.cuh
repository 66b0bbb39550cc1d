#pragma once

#include <fusion/base/integers.cuh>

namespace fusion::ptx {

/// The largest value of the warp's 32 lanes. Participants: all 32 lanes, together. No memory.
__device__ __forceinline__ u32 redux_max(u32 value) {
  u32 result;
  asm volatile("redux.sync.max.u32 %0, %1, 0xffffffff;" : "=r"(result) : "r"(value));
  return result;
}

/// Nanoseconds of a clock that all blocks of a GPU share. It advances in steps of up to some microseconds.
/// Each thread acts for itself; no memory.
__device__ __forceinline__ u64 globaltimer() {
  u64 result;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(result));
  return result;
}

}  // namespace fusion::ptx
