#pragma once

#include <fusion/base/integers.cuh>

namespace llama {

/// Largest number of chunks into which a sequence is split, so that many blocks read it.
constexpr int kMaxSplits = 32;
/// Chunks are multiples of so many tokens.
constexpr int kSplitTokens = 64;

/// How a sequence is split. It depends on the sequence's length alone, so that its result has the same bits
/// whatever is beside it in the batch.
struct SplitOf {
  int tokens;  // of a chunk
  int count;   // of chunks

  __device__ __forceinline__ explicit SplitOf(int length)
      : tokens((length + kMaxSplits * kSplitTokens - 1) / (kMaxSplits * kSplitTokens) * kSplitTokens),
        count((length + tokens - 1) / tokens) {}
};

/// Results of chunks, which the block that ends last puts together.
struct SplitResults {
  float* sums;             // [rows * heads, 32, head size]: of values, times powers of two
  float2* scales;          // [rows * heads, 32]: exponent of the powers, and their total
  unsigned int* counters;  // [rows * gridDim.y]: blocks that are done; 0 before and after each launch

  /// Tells whether all `count` blocks are done, to one of them alone. Participants: the whole block, each
  /// thread after its writes. What other blocks wrote is then read by __ldcg.
  __device__ __forceinline__ bool is_last(int counter, int count, int& told) const {
    __threadfence();
    __syncthreads();
    if (threadIdx.x == 0) {
      told = atomicAdd(counters + counter, 1u) == static_cast<unsigned int>(count) - 1;
      if (told) counters[counter] = 0;
      __threadfence();
    }
    __syncthreads();
    return told != 0;
  }
};

}  // namespace llama
