#pragma once

#include <fusion/allreduce/params.cuh>
#include <fusion/comm/peers.cuh>
#include <fusion/comm/slot.cuh>
#include <fusion/norm/octets.cuh>

// What one-shot and two-shot have in common between ranks: which slot is where, and the sum in rank order.

namespace fusion {

/// One call as one thread sees it. Each thread acts for itself; slot.cuh says what sending and receiving
/// orders. `octet` is the number of an octet in its row, `row` a row of the call, or of an owner's rows.
template <class T, class Call>
struct ExchangeCall {
  const AllReduceParams& params;
  Waiter waiter;
  u64 buffer;  // offset from a workspace's start to the buffer of this call
  u64 row_bytes;

  __device__ __forceinline__ ExchangeCall(const AllReduceParams& p, const CallTicket& ticket)
      : params(p),
        waiter(control_of(p.workspaces[p.rank]), reinterpret_cast<WaitStatus*>(p.status), p.timeout_ns,
               ticket),
        buffer(buffer_offset(ticket, p.buffer_bytes)),
        row_bytes(static_cast<u64>(Call::hidden(p)) * sizeof(T)) {}

  /// World size.
  __device__ __forceinline__ int ranks() const { return Call::ranks(params); }

  /// The slot at rank `to` for an octet of this rank.
  __device__ __forceinline__ Slot<T> slot_at(int to, int row, int octet) const {
    const int peer = peer_number(to, params.rank);
    return Slot<T>(params.workspaces[to] + buffer + peer * params.slot_bytes + place(row, octet));
  }

  /// The slots of this rank for the octets of its peers, by the peers' numbers.
  __device__ __forceinline__ Slots<T> own_slots(int row, int octet) const {
    return {params.workspaces[params.rank] + buffer + place(row, octet), params.slot_bytes};
  }

  /// Two-shot: the slot at rank `at` for an octet of the row's sum.
  __device__ __forceinline__ Slot<T> gather_slot(int at, int row, int octet) const {
    return Slot<T>(params.workspaces[at] + buffer + params.gather_offset + place(row, octet));
  }

  /// Calls action(rank) for each other rank.
  template <class Action>
  __device__ __forceinline__ void for_each_peer(Action action) const {
    fusion::for_each_peer(params.rank, Call::ranks(params), action);
  }

  /// Waits for the octet of each other rank, P of them at a time, and gives round_T of the sum in rank order:
  /// docs/numbers.md, step 1. If a wait gave up, the sum is NaN, and `missing` is the rank that did not come;
  /// otherwise `missing` is left alone.
  template <int P>
  __device__ __forceinline__ Octet<T> receive_sum(Slots<T> slots, const Octet<T>& own, WaitStep step,
                                                  int token, int& missing) {
    // -0 is the number that changes nothing when it is added, -0 included.
    float sum[8] = {-0.0f, -0.0f, -0.0f, -0.0f, -0.0f, -0.0f, -0.0f, -0.0f};
    const int peers = Call::ranks(params) - 1;
    for (int base = 0; base < peers; base += P) {
      Octet<T> got[P];
      const int count = peers - base < P ? peers - base : P;
      const Slots<T> some = {slots.first + base * slots.stride, slots.stride};
      int empty = 0;
      if (!some.template receive<P>(count, got, waiter, step, empty))
        missing = waiter.give_up(rank_of_peer(params.rank, base + empty), step, params.first_row + token);
#pragma unroll
      for (int p = 0; p < P; p++) {
        if (p < count) {
          if (base + p == params.rank) add(sum, own);
          add(sum, got[p]);
        }
      }
    }
    if (params.rank == peers) add(sum, own);
    return round_octet<T>(sum);
  }

  /// Waits for an octet of the row's sum from the row's owner. It is NaN if a wait gave up, here or at the
  /// owner.
  __device__ __forceinline__ Octet<T> receive_sum_of(int owner, int row, int octet) {
    Octet<T> sum;
    if (!gather_slot(params.rank, row, octet).receive(sum, waiter, WaitStep::Gather)) {
      waiter.give_up(owner, WaitStep::Gather, params.first_row + row);
    } else if (const int missing = Slot<T>::abandoned_for(sum); missing >= 0) {
      waiter.give_up(missing, WaitStep::Scatter, params.first_row + row);
    }
    return sum;
  }

 private:
  __device__ __forceinline__ u64 place(int row, int octet) const {
    return static_cast<u64>(row) * row_bytes + static_cast<u64>(octet) * sizeof(Octet<T>);
  }

  static __device__ __forceinline__ void add(float (&sum)[8], const Octet<T>& octet) {
    float values[8];
    widen(octet, values);
#pragma unroll
    for (int i = 0; i < 8; i++) sum[i] = __fadd_rn(sum[i], values[i]);
  }
};

}  // namespace fusion
