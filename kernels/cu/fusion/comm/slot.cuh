#pragma once

#include <fusion/base/octet.cuh>
#include <fusion/comm/marker.cuh>
#include <fusion/comm/wait.cuh>

// Slots: places for one octet in a workspace, through which one rank sends to another. Data are their own
// flag (marker.cuh), so there is no barrier, no fence and no flag between sender and receiver. What an
// algorithm made of slots must keep to:
//
// Content. A slot holds markers when nobody has written it: the host fills the buffers with kUnwrittenByte
// before the first call, and receiving puts the markers back.
//
// Participants. In a call one thread of one rank sends to a slot, at most once, and one thread of the rank
// whose workspace it is receives from it. Nobody else reads or writes it. Each function is called by one
// thread for itself; no warp or block need come together.
//
// Order. Relaxed at system scope, each 4 bytes for themselves. Who receives an octet has that octet, and may
// conclude nothing about other memory that the sender wrote before or after.
//
// Residency. Receiving polls and holds its block's place on the GPU. Whoever sends what is waited for must be
// on its GPU or come there while the receiver waits: blocks that send all that they have before they wait for
// anything, in equal grids on all ranks, where a block waits for the blocks of its own number alone, do so if
// the blocks of ranks that share a GPU are resident together.
//
// Reuse. A slot may be sent to again two calls later, in the same buffer, if in each call every rank receives
// at least one octet from each rank that it sends to; workspace.cuh has the reason.

namespace fusion {

/// The place of one octet of T, in the memory of this GPU or of another one. Aligned to 16 bytes.
template <class T>
struct Slot {
  u64 address;

  __device__ __forceinline__ explicit Slot(u64 place) : address(place) {}

  /// Sends an octet. A NaN may arrive as another NaN; all other numbers arrive as they are.
  __device__ __forceinline__ void send(Octet<T> octet) const {
#pragma unroll
    for (int i = 0; i < Octet<T>::parts; i++) octet.part[i] = as_payload(octet.part[i]);
    write(address, octet);
  }

  /// Sends in the place of an octet that there is none, because rank `missing` did not come. The receiver
  /// learns of it by abandoned_for, and should give up with the name of that rank.
  __device__ __forceinline__ void abandon(int missing) const {
    Octet<T> octet;
#pragma unroll
    for (int i = 0; i < Octet<T>::parts; i++) octet.part[i] = abandoned_words(missing);
    write(address, octet);
  }

  /// Waits for the octet and puts the markers back. False: the wait ended without it; the octet has markers
  /// in it, which are NaN, and the slot is left as it was.
  __device__ __forceinline__ bool receive(Octet<T>& octet, Waiter& waiter, WaitStep step) const;

  /// What a slot holds that nobody has written.
  static __device__ __forceinline__ Octet<T> unwritten() {
    Octet<T> octet;
#pragma unroll
    for (int i = 0; i < Octet<T>::parts; i++) octet.part[i] = marker_words();
    return octet;
  }

  /// Reads what is there now, arrived or not.
  __device__ __forceinline__ Octet<T> peek() const {
    Octet<T> octet;
#pragma unroll
    for (int i = 0; i < Octet<T>::parts; i++)
      octet.part[i] = ptx::ld_relaxed_sys(reinterpret_cast<const Words16*>(address) + i);
    return octet;
  }

  /// Whether all of an octet from peek has arrived.
  static __device__ __forceinline__ bool has_arrived(const Octet<T>& octet) {
    bool all = true;
#pragma unroll
    for (int i = 0; i < Octet<T>::parts; i++) all = all && !has_marker(octet.part[i]);
    return all;
  }

  /// The rank that did not come, where the sender abandoned an octet that has arrived; -1 for data.
  static __device__ __forceinline__ int abandoned_for(const Octet<T>& octet) {
    return fusion::abandoned_for(octet.part[0]);
  }

  /// Writes an octet to the place of a slot, whatever its words mean.
  static __device__ __forceinline__ void write(u64 address, const Octet<T>& octet) {
#pragma unroll
    for (int i = 0; i < Octet<T>::parts; i++)
      ptx::st_relaxed_sys(reinterpret_cast<Words16*>(address) + i, octet.part[i]);
  }
};

/// The slots of several senders, from address `first` on, `stride` bytes apart.
template <class T>
struct Slots {
  u64 first;
  u64 stride;

  __device__ __forceinline__ Slot<T> at(int sender) const { return Slot<T>(first + sender * stride); }

  /// Waits for the octets of the senders 0 to count - 1, where count is 1 to P, and puts the markers back.
  /// All slots are polled together. False: the wait ended without the octet of sender number `missing`, and
  /// perhaps of later ones; these have markers in them, which are NaN, and all slots are left as they were.
  template <int P>
  __device__ __forceinline__ bool receive(int count, Octet<T> (&octets)[P], Waiter& waiter, WaitStep step,
                                          int& missing) const {
#pragma unroll
    for (int p = 0; p < P; p++) octets[p] = Slot<T>::unwritten();
    while (true) {
#pragma unroll
      for (int p = 0; p < P; p++)
        if (p < count && !Slot<T>::has_arrived(octets[p])) octets[p] = at(p).peek();
      bool complete = true;
#pragma unroll
      for (int p = 0; p < P; p++) complete = complete && (p >= count || Slot<T>::has_arrived(octets[p]));
      if (complete) break;
      if (waiter.must_end(step)) {
        missing = 0;
#pragma unroll
        for (int p = P - 1; p >= 0; p--)
          if (p < count && !Slot<T>::has_arrived(octets[p])) missing = p;
        return false;
      }
    }
#pragma unroll
    for (int p = 0; p < P; p++)
      if (p < count) Slot<T>::write(first + p * stride, Slot<T>::unwritten());
    return true;
  }
};

template <class T>
__device__ __forceinline__ bool Slot<T>::receive(Octet<T>& octet, Waiter& waiter, WaitStep step) const {
  Octet<T> octets[1];
  int missing = 0;
  const bool received = Slots<T>{address, 0}.template receive<1>(1, octets, waiter, step, missing);
  octet = octets[0];
  return received;
}

}  // namespace fusion
