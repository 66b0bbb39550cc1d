#pragma once

#include <fusion/allreduce/epilogue.cuh>
#include <fusion/allreduce/exchange_call.cuh>
#include <fusion/ptx/grid.cuh>

// How one-shot and two-shot read this rank's input. Each thread acts for itself. Order: weak reads; a thread
// reads its part of a row before it writes its part of the row's outputs, which may lie over it. `own` holds
// the thread's octets of one row at a time.

namespace fusion {

/// Starts to read the block's first row. A kernel calls it before enter_call, so that the row is on its way
/// while the number of the call is read.
template <class T, int V, class Call>
__device__ __forceinline__ void load_first_row(const Epilogue<T, V, Call>& epilogue, Octet<T> (&own)[V]) {
#pragma unroll Call::kVectorsAtATime
  for (int v = 0; v < V; v++)
    if (epilogue.has(v)) own[v] = load_octet(epilogue.at(epilogue.params.input, epilogue.first_row(), v));
}

/// The thread's octet v of a row, as long as `own` has the first row.
template <class T, int V, class Call>
__device__ __forceinline__ Octet<T> first_or_load(const Epilogue<T, V, Call>& epilogue,
                                                  const Octet<T> (&own)[V], int row, int v) {
  return row == epilogue.first_row() ? own[v] : load_octet(epilogue.at(epilogue.params.input, row, v));
}

/// Puts the thread's octet v of a row into `own`, where that of the first row is already. Rows are taken in
/// the order in which the block works on them.
template <class T, int V, class Call>
__device__ __forceinline__ void load_unless_first(const Epilogue<T, V, Call>& epilogue, Octet<T> (&own)[V],
                                                  int row, int v) {
  if (row != epilogue.first_row()) own[v] = load_octet(epilogue.at(epilogue.params.input, row, v));
}

}  // namespace fusion
