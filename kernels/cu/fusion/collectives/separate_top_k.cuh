#pragma once

#include <fusion/collectives/choices.cuh>
#include <fusion/collectives/select_largest.cuh>

// top_k in three steps, where another library brings the ranks' choices together: choose_columns, an
// all-gather of the keys, merge_choices. The results have the bits of top_k. Neither kernel waits for another
// rank, so any number of blocks may be resident. The launches of a rank follow each other in a stream.

namespace fusion {

/// Writes the keys of this rank's k largest numbers of rows `first` to `first + count` - 1, the largest
/// first: those of row number `n` of them at key n * k of `output`.
///
/// Participants: all threads of the grid. Grid: of x alone, in any number. Block: kSelectionThreads.
template <class T>
__device__ __forceinline__ void choose_columns(const CollectiveParams& params) {
  __shared__ SelectionScratch scratch;
  ptx::griddepcontrol_wait();
  const i64 columns = params.row_octets * kRowVector;
  const u32 first_index = static_cast<u32>(params.rank * columns);
  for (i64 number = static_cast<i64>(blockIdx.x); number < params.count; number += gridDim.x) {
    const T* const row = reinterpret_cast<const T*>(params.input) + (params.first + number) * columns;
    u64* const keys = reinterpret_cast<u64*>(params.output) + number * params.k;
    select_largest(scratch, keys, row, params.row_octets, first_index, params.k);
  }
}

/// Writes the results of rows `first` to `first + count` - 1. `input` has what choose_columns wrote on each
/// rank, in the order of the ranks. If the host has been told that a rank gave up, values are NaN and indices
/// -1: what lies in `input` may then be anything.
///
/// Participants: all threads of the grid. Grid: of x alone, in any number. Block: in any number.
__device__ __forceinline__ void merge_choices(const CollectiveParams& params) {
  __shared__ bool has_failed;
  ptx::griddepcontrol_wait();
  if (threadIdx.x == 0)
    has_failed = ptx::ld_relaxed_sys(&reinterpret_cast<const WaitStatus*>(params.status)->failed) != 0;
  __syncthreads();

  const int k = params.k;
  for (i64 number = static_cast<i64>(blockIdx.x); number < params.count; number += gridDim.x) {
    const i64 row = params.first + number;
    const auto list = [&](int rank) {
      return reinterpret_cast<const u64*>(params.input) + (rank * params.count + number) * k;
    };
    for (int i = static_cast<int>(threadIdx.x); i < (has_failed ? k : params.ranks * k);
         i += static_cast<int>(blockDim.x)) {
      if (has_failed) {
        write_choice(params, row, i, false, 0);
        continue;
      }
      const int from = i / k, at = i % k;
      const int place = place_among_ranks(params.ranks, k, from, at, list);
      if (place < k) write_choice(params, row, place, true, list(from)[at]);
    }
  }
}

}  // namespace fusion
