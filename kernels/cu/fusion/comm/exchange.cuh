#pragma once

#include <fusion/base/octet.cuh>
#include <fusion/comm/marker.cuh>
#include <fusion/comm/wait.cuh>

// Octets from rank to rank. A slot is as large as an octet and belongs to one sender.

namespace fusion {

/// Writes an octet to a slot, which may be another GPU's. One thread. Order: none but that each word is its
/// own flag.
template <class T>
__device__ __forceinline__ void push(u64 slot, const Octet<T>& octet) {
  Words16* to = reinterpret_cast<Words16*>(slot);
#pragma unroll
  for (int i = 0; i < Octet<T>::parts; i++) ptx::st_relaxed_sys(to + i, without_marker(octet.part[i]));
}

/// Waits for the octets in `count` slots, 1 to P, `stride` bytes apart, all read at once, and clears the
/// slots for their next use. One thread, which is the only one that reads these slots. False: it gave up at
/// slot number `missing`; what has not arrived are markers, that is NaN, and nothing is cleared.
template <class T, int P>
__device__ __forceinline__ bool receive(u64 slot, u64 stride, int count, Octet<T> (&octets)[P],
                                        Waiter& waiter, int& missing) {
  while (true) {
    bool complete = true;
#pragma unroll
    for (int p = 0; p < P; p++) {
      if (p < count) {
        const Words16* from = reinterpret_cast<const Words16*>(slot + p * stride);
#pragma unroll
        for (int i = 0; i < Octet<T>::parts; i++) octets[p].part[i] = ptx::ld_relaxed_sys(from + i);
      }
    }
#pragma unroll
    for (int p = P - 1; p >= 0; p--) {
      if (p < count) {
#pragma unroll
        for (int i = 0; i < Octet<T>::parts; i++) {
          if (has_marker(octets[p].part[i])) {
            complete = false;
            missing = p;
          }
        }
      }
    }
    if (complete) break;
    if (waiter.must_end()) return false;
  }
#pragma unroll
  for (int p = 0; p < P; p++) {
    if (p < count) {
      Words16* cleared = reinterpret_cast<Words16*>(slot + p * stride);
#pragma unroll
      for (int i = 0; i < Octet<T>::parts; i++) ptx::st_relaxed_sys(cleared + i, marker_words());
    }
  }
  return true;
}

}  // namespace fusion
