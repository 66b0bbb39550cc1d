#pragma once

#include <fusion/base/vec16.cuh>

// Data that are their own flag. A slot that nobody has written yet holds markers; a reader looks until none
// is left, so no barrier and no flag is needed (the idea is Lamport's; NCCL's LL and others use it with other
// markers).
//
// The marker is the word 0xFFFFFFFF: a NaN as f32, two NaN as bf16 or f16. It is compared as an integer. A
// payload that happens to equal it is sent as another NaN, which changes no result, since arithmetic makes
// one NaN of all. Zeros of either sign, subnormals and infinities travel as they are. Each word is looked at,
// because 16 bytes may arrive in parts of 4.

namespace fusion {

constexpr u32 kMarker = 0xFFFFFFFFu;
constexpr u32 kOtherNan = 0x7FFFFFFFu;

/// The words with every marker among them replaced: what may be sent.
__device__ __forceinline__ Words16 without_marker(Words16 words) {
#pragma unroll
  for (int i = 0; i < 4; i++) words.w[i] = words.w[i] == kMarker ? kOtherNan : words.w[i];
  return words;
}

/// Whether some of the 16 bytes have not arrived.
__device__ __forceinline__ bool has_marker(const Words16& words) {
  return words.w[0] == kMarker || words.w[1] == kMarker || words.w[2] == kMarker || words.w[3] == kMarker;
}

/// 16 bytes that nobody has written yet.
__device__ __forceinline__ Words16 marker_words() { return {{kMarker, kMarker, kMarker, kMarker}}; }

}  // namespace fusion
