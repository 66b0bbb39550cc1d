#pragma once

#include <fusion/norm/octets.cuh>
#include <fusion/norm/row_registers.cuh>

namespace fusion {

/// A row whose octets the threads of a block or a cluster hold, as row_registers.cuh deals them out.
struct RowOctets {
  RowReducer& reducer;
  int octets;  // of the whole row

  /// Number of the thread's octet v in the row.
  __device__ __forceinline__ int octet(int v) const { return reducer.octet(v); }

  /// Whether the row has the thread's octet v.
  __device__ __forceinline__ bool has(int v) const { return octet(v) < octets; }
};

/// The numbers of the thread's octet v of a row; zeros if the row does not have it. One thread, for itself;
/// no memory.
template <class Row, class T>
__device__ __forceinline__ void numbers_of(const Row& row, const Octet<T>& x, int v, float (&values)[8]) {
  widen(x, values);
  if (row.has(v)) return;
#pragma unroll
  for (int i = 0; i < 8; i++) values[i] = 0.0f;
}

}  // namespace fusion
