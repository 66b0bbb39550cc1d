#pragma once

#include <fusion/base/octet.cuh>
#include <fusion/comm/marker.cuh>
#include <fusion/comm/wait.cuh>

// Octets from rank to rank. A slot is as large as an octet and belongs to one sender.

namespace fusion {

/// Writes an octet to a slot, which may be another GPU's. One thread. Order: none but that each word is its
/// own flag.
template <class T>
__device__ __forceinline__ void write_octet(u64 slot, const Octet<T>& octet) {
#pragma unroll
  for (int i = 0; i < Octet<T>::parts; i++)
    ptx::st_relaxed_sys(reinterpret_cast<Words16*>(slot) + i, octet.part[i]);
}

/// Sends an octet: writes it to a slot, free of words that mean something else.
template <class T>
__device__ __forceinline__ void push(u64 slot, Octet<T> octet) {
#pragma unroll
  for (int i = 0; i < Octet<T>::parts; i++) octet.part[i] = as_payload(octet.part[i]);
  write_octet(slot, octet);
}

/// Whether all of an octet is there.
template <class T>
__device__ __forceinline__ bool arrived(const Octet<T>& octet) {
  bool all = true;
#pragma unroll
  for (int i = 0; i < Octet<T>::parts; i++) all = all && !has_marker(octet.part[i]);
  return all;
}

/// An octet that nobody has written yet.
template <class T>
__device__ __forceinline__ Octet<T> marker_octet() {
  Octet<T> octet;
#pragma unroll
  for (int i = 0; i < Octet<T>::parts; i++) octet.part[i] = marker_words();
  return octet;
}

/// Sends word that there is no octet, because rank `missing` did not come: the receiver fails too, and its
/// host hears of that rank.
template <class T>
__device__ __forceinline__ void push_abandoned(u64 slot, int missing) {
  Octet<T> octet;
#pragma unroll
  for (int i = 0; i < Octet<T>::parts; i++) octet.part[i] = abandoned_words(missing);
  write_octet(slot, octet);
}

/// Waits for the octets in `count` slots, 1 to P, `stride` bytes apart, all asked for at once, and clears the
/// slots for their next use. One thread, which is the only one that reads these slots. False: it gave up at
/// slot number `missing`; what has not arrived are markers, that is NaN, and nothing is cleared.
template <class T, int P>
__device__ __forceinline__ bool receive(u64 slot, u64 stride, int count, Octet<T> (&octets)[P],
                                        Waiter& waiter, WaitStep step, int& missing) {
#pragma unroll
  for (int p = 0; p < P; p++) octets[p] = marker_octet<T>();
  while (true) {
#pragma unroll
    for (int p = 0; p < P; p++) {
      if (p >= count || arrived(octets[p])) continue;
      const Words16* from = reinterpret_cast<const Words16*>(slot + p * stride);
#pragma unroll
      for (int i = 0; i < Octet<T>::parts; i++) octets[p].part[i] = ptx::ld_relaxed_sys(from + i);
    }
    bool complete = true;
#pragma unroll
    for (int p = 0; p < P; p++) complete = complete && (p >= count || arrived(octets[p]));
    if (complete) break;
    if (waiter.must_end(step)) {
      missing = 0;
#pragma unroll
      for (int p = P - 1; p >= 0; p--)
        if (p < count && !arrived(octets[p])) missing = p;
      return false;
    }
  }
#pragma unroll
  for (int p = 0; p < P; p++)
    if (p < count) write_octet(slot + p * stride, marker_octet<T>());
  return true;
}

}  // namespace fusion
