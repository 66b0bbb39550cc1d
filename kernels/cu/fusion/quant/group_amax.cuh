#pragma once

#include <fusion/base/integers.cuh>

// The largest magnitudes of groups whose size fits no warp: in the block's dynamic shared memory, a word a
// group. Participants: all threads of the block. Two block barriers lie in it before the result may be read,
// and one in its use for the next row.

namespace fusion {

struct GroupAmax {
  u32* words;
  int groups;

  /// Sets all groups to 0.
  __device__ __forceinline__ void clear() {
    __syncthreads();
    for (int g = static_cast<int>(threadIdx.x); g < groups; g += static_cast<int>(blockDim.x)) words[g] = 0;
    __syncthreads();
  }

  /// Adds a magnitude, not negative and not NaN: such floats are in the order of their bits.
  __device__ __forceinline__ void add(int group, float amax) {
    atomicMax(&words[group], __float_as_uint(amax));
  }

  /// After a block barrier.
  __device__ __forceinline__ float of(int group) const { return __uint_as_float(words[group]); }
};

}  // namespace fusion
