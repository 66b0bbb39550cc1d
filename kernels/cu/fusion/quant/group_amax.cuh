#pragma once

#include <fusion/base/integers.cuh>
#include <fusion/base/limits.cuh>

// The largest magnitudes of groups that cannot be reduced within a warp: in the block's dynamic shared
// memory, a word a group.

namespace fusion {

/// The amax of each group of a row, in shared memory of `groups` words. Participants: all threads of the
/// block. Order: clear, then any number of add, then a block barrier of the caller, then any number of of.
struct GroupAmax {
  u32* words;
  int groups;

  /// Sets all groups to 0. All threads of the block call it; a block barrier lies before and behind the
  /// writes.
  __device__ __forceinline__ void clear() {
    __syncthreads();
    for (int g = static_cast<int>(threadIdx.x); g < groups; g += static_cast<int>(blockDim.x)) words[g] = 0;
    __syncthreads();
  }

  /// Takes a magnitude into account, which is not negative and not NaN: such floats are in the order of their
  /// bits. One thread, for itself.
  __device__ __forceinline__ void add(int group, float amax) {
    atomicMax(&words[group], __float_as_uint(amax));
  }

  /// The amax of a group. One thread, for itself, after the caller's barrier.
  __device__ __forceinline__ float of(int group) const { return __uint_as_float(words[group]); }
};

static_assert(sizeof(*GroupAmax::words) == kSharedBytesOfGroup, "the host reserves the shared memory");

}  // namespace fusion
