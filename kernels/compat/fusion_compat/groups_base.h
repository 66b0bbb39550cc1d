#pragma once

#include "../type_traits"
#include "base.h"

// What all groups of threads rest on: places of threads, a warp's masks, and the barrier of a grid.

namespace fusion_compat {

FUSION_COMPAT_DEVICE unsigned thread_in_block() {
  return (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
}
FUSION_COMPAT_DEVICE unsigned threads_of_block() { return blockDim.x * blockDim.y * blockDim.z; }
FUSION_COMPAT_DEVICE unsigned long long block_in_grid() {
  return (static_cast<unsigned long long>(blockIdx.z) * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
}
FUSION_COMPAT_DEVICE unsigned long long blocks_of_grid() {
  return static_cast<unsigned long long>(gridDim.x) * gridDim.y * gridDim.z;
}
FUSION_COMPAT_DEVICE unsigned lane() {
  unsigned value;
  asm("mov.u32 %0, %%laneid;" : "=r"(value));
  return value;
}
FUSION_COMPAT_DEVICE unsigned lanes_below() {
  unsigned value;
  asm("mov.u32 %0, %%lanemask_lt;" : "=r"(value));
  return value;
}

/// The counter that the driver gives a cooperative launch. 0 in a launch that is not cooperative.
FUSION_COMPAT_DEVICE volatile unsigned* grid_counter() {
  unsigned high, low;
  asm("mov.u32 %0, %%envreg1;" : "=r"(high));
  asm("mov.u32 %0, %%envreg2;" : "=r"(low));
  unsigned long long workspace = static_cast<unsigned long long>(high) << 32 | low;
  return workspace == 0 ? nullptr : reinterpret_cast<volatile unsigned*>(workspace) + 1;
}

/// One thread of each block comes here and waits for the others. Block 0 adds what makes the sum of all
/// blocks 2^31, so the highest bit turns when all are there, and the counter needs no reset.
FUSION_COMPAT_DEVICE unsigned arrive_at_grid() {
  volatile unsigned* counter = grid_counter();
  unsigned blocks = static_cast<unsigned>(blocks_of_grid());
  unsigned step = block_in_grid() == 0 ? 0x80000000u - (blocks - 1) : 1;
  __threadfence();
  return atomicAdd(const_cast<unsigned*>(counter), step);
}
FUSION_COMPAT_DEVICE void wait_for_grid(unsigned before) {
  volatile unsigned* counter = grid_counter();
  while (((before ^ *counter) & 0x80000000u) == 0) {
  }
  __threadfence();
}

}  // namespace fusion_compat

namespace cooperative_groups {
/// Has one thread act for a group: the lowest.
template <class Group, class F>
FUSION_COMPAT_DEVICE void invoke_one(const Group& group, F&& f) {
  if (group.thread_rank() == 0) f();
}
}  // namespace cooperative_groups
