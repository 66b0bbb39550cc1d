#pragma once

#include <fusion/collectives/choice_key.cuh>
#include <fusion/norm/octets.cuh>

namespace fusion {

/// What select_largest needs in shared memory.
struct SelectionScratch {
  u64 groups[kSelectionGroups];  // the largest key of each group of threads
  u64 unsorted[kMostChoices];
  u32 histogram[256];
  u64 bound;
  u32 digit;
  u32 above;
  u32 inside;
  u32 found;
};

/// Calls action(key) for the keys of this thread's part of a row, as select_largest has it.
template <class T, class Action>
__device__ __forceinline__ void for_each_key(const T* row, i64 octets, u32 first_index, Action action) {
  constexpr int kAtOnce = 4;  // octets whose loads are on their way together
  for (i64 first = static_cast<i64>(threadIdx.x); first < octets; first += kAtOnce * kSelectionThreads) {
    Octet<T> loaded[kAtOnce];
#pragma unroll
    for (int i = 0; i < kAtOnce; i++) {
      const i64 o = first + i * kSelectionThreads;
      loaded[i] = load_octet_nc(row + (o < octets ? o : first) * kRowVector);
    }
#pragma unroll
    for (int i = 0; i < kAtOnce; i++) {
      const i64 o = first + i * kSelectionThreads;
      if (o >= octets) break;
      float values[8];
      widen(loaded[i], values);
#pragma unroll
      for (int e = 0; e < 8; e++)
        action(choice_key(values[e], first_index + static_cast<u32>(o * kRowVector + e)));
    }
  }
}

/// Finds the k largest keys of a row, the largest first: `choices`, in shared or global memory, which all
/// threads may read afterwards. The same row gives the same choices, however threads are timed.
///
/// Participants: all threads of a block of kSelectionThreads. `row` has `octets` octets and at least k
/// elements, aligned to 16 bytes; element i has index first_index + i. k is 1 to kMostChoices.
///
/// How: each group of threads finds its largest key. The k-th largest of these bounds the k-th largest key of
/// the row from below, so few keys are left; a radix select over their bytes finds those that are in. A
/// choice of one is done after the first step.
template <class T>
__device__ __forceinline__ void select_largest(SelectionScratch& scratch, u64* choices, const T* row,
                                               i64 octets, u32 first_index, int k) {
  const int thread = static_cast<int>(threadIdx.x);
  u64 largest = 0;
  for_each_key(row, octets, first_index, [&](u64 key) { largest = key > largest ? key : largest; });
  // Threads of a group lie side by side in a warp.
  for (int distance = 1; distance < kSelectionThreads / kSelectionGroups; distance *= 2) {
    const u64 other = __shfl_xor_sync(0xffffffffu, largest, distance);
    largest = other > largest ? other : largest;
  }
  const bool is_first = thread % (kSelectionThreads / kSelectionGroups) == 0;
  if (is_first) scratch.groups[thread / (kSelectionThreads / kSelectionGroups)] = largest;
  if (thread == 0) {
    scratch.bound = 0;
    scratch.found = 0;
  }
  __syncthreads();

  // Keys of a row differ; groups without elements have 0, which bounds nothing.
  if (largest != 0 && is_first) {
    int larger = 0;
    for (int g = 0; g < kSelectionGroups; g++) larger += scratch.groups[g] > largest ? 1 : 0;
    if (larger == k - 1) scratch.bound = largest;
  }
  __syncthreads();
  const u64 bound = scratch.bound;
  if (k == 1) {
    if (thread == 0) choices[0] = bound;
    __syncthreads();
    return;
  }

  u64 prefix = 0, mask = 0;
  u32 need = static_cast<u32>(k);
#pragma unroll 1
  for (int shift = 56; shift >= 0; shift -= 8) {
    if (thread < 256) scratch.histogram[thread] = 0;
    __syncthreads();
    for_each_key(row, octets, first_index, [&](u64 key) {
      if (key >= bound && (key & mask) == prefix) atomicAdd(&scratch.histogram[key >> shift & 255], 1u);
    });
    __syncthreads();
    // The digit of the last key that is in: more keys are at it or above it than are needed, not above it.
    if (thread < 256) {
      u32 above = 0;
      for (int d = thread + 1; d < 256; d++) above += scratch.histogram[d];
      const u32 inside = scratch.histogram[thread];
      if (above < need && above + inside >= need) {
        scratch.digit = static_cast<u32>(thread);
        scratch.above = above;
        scratch.inside = inside;
      }
    }
    __syncthreads();
    prefix |= static_cast<u64>(scratch.digit) << shift;
    mask |= 255ull << shift;
    need -= scratch.above;
    // All keys with this prefix are in.
    if (scratch.inside == need) break;
  }

  for_each_key(row, octets, first_index, [&](u64 key) {
    if (key >= bound && (key & mask) >= prefix) scratch.unsorted[atomicAdd(&scratch.found, 1u)] = key;
  });
  __syncthreads();
  for (int i = thread; i < k; i += kSelectionThreads) {
    const u64 key = scratch.unsorted[i];
    int larger = 0;
    for (int j = 0; j < k; j++) larger += scratch.unsorted[j] > key ? 1 : 0;
    choices[larger] = key;
  }
  __syncthreads();
}

}  // namespace fusion
