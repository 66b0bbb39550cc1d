#pragma once

#include <fusion/collectives/choice_key.cuh>
#include <fusion/collectives/params.cuh>

// The choices of all ranks of a row, each rank's as a sorted list of k keys, the largest first. Each thread
// acts for itself.

namespace fusion {

/// Number of keys of a sorted list, the largest first, that are larger than a key.
__device__ __forceinline__ int count_larger(const u64* list, int count, u64 key) {
  int low = 0, high = count;
  while (low < high) {
    const int middle = (low + high) / 2;
    if (list[middle] > key) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/// Place of the key `at` of rank `from` among the keys of all ranks, no two of which are equal. list(rank) is
/// the list of a rank.
template <class List>
__device__ __forceinline__ int place_among_ranks(int ranks, int k, int from, int at, List list) {
  const u64 key = list(from)[at];
  int place = at;
  for (int other = 0; other < ranks; other++)
    if (other != from) place += count_larger(list(other), k, key);
  return place;
}

/// Writes a result of a row, or that there is none.
__device__ __forceinline__ void write_choice(const CollectiveParams& params, i64 row, int place,
                                             bool is_there, u64 key) {
  reinterpret_cast<int*>(params.indices)[row * params.k + place] = is_there ? index_of(key) : -1;
  if (params.output == 0) return;
  float* const values = reinterpret_cast<float*>(params.output) + row * params.k;
  values[place] = is_there ? number_of(key) : __uint_as_float(0x7FC00000u);
}

}  // namespace fusion
