#pragma once

#include <fusion/base/limits.cuh>
#include <fusion/base/vec16.cuh>

// Data that are their own flag. A slot that nobody has written yet holds markers; a reader polls until none
// is left, so no barrier and no flag is needed (the idea is Lamport's; NCCL's LL protocol and others use it
// with other markers). Each thread acts for itself; no memory.
//
// The marker is the word 0xFFFFFFFF: a NaN as f32, two NaN as bf16 or f16. It is compared as an integer.
// Words from 0xFFFFFFE0 to 0xFFFFFFEF are sent in the place of data that a rank could not make, because the
// rank whose number is in the word's last four bits did not come. A payload that happens to be one of the
// words from 0xFFFFFFE0 on is sent as another NaN, which changes no result, since the contract of numbers
// (docs/numbers.md) does not say which NaN a result is. Zeros of either sign, subnormal numbers and
// infinities travel as they are. Each word is compared by itself, because 16 bytes may arrive in parts of 4.

namespace fusion {

constexpr u32 kMarker = 0xFFFFFFFFu;
constexpr u32 kAbandoned = 0xFFFFFFE0u;
constexpr u32 kOtherNan = 0x7FFFFFFFu;

static_assert(kMarker == 0x01010101u * kUnwrittenByte, "the host fills buffers byte by byte");
static_assert(kMaxRanks <= 16, "the last four bits of a word name a rank");

/// The words with each one among them replaced that means something else: what may be sent as data.
__device__ __forceinline__ Words16 as_payload(Words16 words) {
#pragma unroll
  for (int i = 0; i < 4; i++) words.w[i] = words.w[i] >= kAbandoned ? kOtherNan : words.w[i];
  return words;
}

/// Whether some of the 16 bytes have not arrived.
__device__ __forceinline__ bool has_marker(const Words16& words) {
  return words.w[0] == kMarker || words.w[1] == kMarker || words.w[2] == kMarker || words.w[3] == kMarker;
}

/// 16 bytes that nobody has written yet.
__device__ __forceinline__ Words16 marker_words() { return {{kMarker, kMarker, kMarker, kMarker}}; }

/// 16 bytes that say that there are no data, because rank `missing`, 0 to 15, did not come.
__device__ __forceinline__ Words16 abandoned_words(int missing) {
  const u32 word = kAbandoned + static_cast<u32>(missing);
  return {{word, word, word, word}};
}

/// The rank that abandoned_words names; -1 for data. The words have arrived.
__device__ __forceinline__ int abandoned_for(const Words16& words) {
  return words.w[0] >= kAbandoned ? static_cast<int>(words.w[0] - kAbandoned) : -1;
}

}  // namespace fusion
