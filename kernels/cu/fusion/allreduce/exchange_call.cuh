#pragma once

#include <fusion/allreduce/params.cuh>
#include <fusion/comm/exchange.cuh>
#include <fusion/norm/octets.cuh>

// What one-shot and two-shot have in common: whose slot is where, and the sum in rank order.

namespace fusion {

/// One call as one thread sees it.
template <class T, class Call>
struct ExchangeCall {
  const AllReduceParams& params;
  Waiter waiter;
  u64 buffer;  // from a workspace's start to the buffer of this call
  u64 row_bytes;

  __device__ __forceinline__ ExchangeCall(const AllReduceParams& p, const CallTicket& ticket)
      : params(p),
        waiter{reinterpret_cast<Control*>(p.workspaces[p.rank]),
               reinterpret_cast<WaitStatus*>(p.status),
               p.timeout_ns,
               0,
               ticket.number,
               0},
        buffer(kControlBytes + (ticket.number & 1u) * p.buffer_bytes),
        row_bytes(static_cast<u64>(Call::hidden(p)) * sizeof(T)) {}

  /// The rank whose slot is number `peer` among those of this rank.
  __device__ __forceinline__ int rank_of(int peer) const { return peer < params.rank ? peer : peer + 1; }

  /// This rank's slot at rank `to`: the place of one of its octets.
  __device__ __forceinline__ u64 slot_at(int to, int row, int octet) const {
    const int peer = params.rank < to ? params.rank : params.rank - 1;
    return params.workspaces[to] + buffer + peer * params.slot_bytes + place(row, octet);
  }

  /// Slot 0 of this rank's own; the others are slot_bytes apart.
  __device__ __forceinline__ u64 own_slots(int row, int octet) const {
    return params.workspaces[params.rank] + buffer + place(row, octet);
  }

  /// A gathered row of two-shot at rank `at`.
  __device__ __forceinline__ u64 gathered(int at, int row, int octet) const {
    return params.workspaces[at] + buffer + params.gather_offset + place(row, octet);
  }

  /// Calls action(rank) for all other ranks, the next one first, so that they do not all write to the same at
  /// once.
  template <class Action>
  __device__ __forceinline__ void for_each_peer(Action action) const {
    const int ranks = Call::ranks(params);
    for (int i = 1; i < ranks; i++) {
      const int to = params.rank + i;
      action(to < ranks ? to : to - ranks);
    }
  }

  /// Waits for the octet of every other rank, P of them at a time, and gives round_T of the sum in rank
  /// order: the contract's step 1. After a wait that gave up it is NaN, and `missing` the rank that did not
  /// come; otherwise that is left alone.
  template <int P>
  __device__ __forceinline__ Octet<T> receive_sum(u64 slots, const Octet<T>& own, WaitStep step, int token,
                                                  int& missing) {
    // -0 is the number that changes nothing when it is added, -0 included.
    float sum[8] = {-0.0f, -0.0f, -0.0f, -0.0f, -0.0f, -0.0f, -0.0f, -0.0f};
    const int peers = Call::ranks(params) - 1;
    for (int base = 0; base < peers; base += P) {
      Octet<T> got[P];
      const int count = peers - base < P ? peers - base : P;
      int empty = 0;
      if (!receive<T, P>(slots + base * params.slot_bytes, params.slot_bytes, count, got, waiter, step,
                         empty))
        missing = waiter.give_up(rank_of(base + empty), step, token);
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

  /// Waits for an octet of the row's sum from its owner. NaN after a wait that gave up, here or at the owner.
  __device__ __forceinline__ Octet<T> receive_sum_of(int owner, int row, int octet) {
    Octet<T> got[1];
    int empty = 0;
    if (!receive<T, 1>(gathered(params.rank, row, octet), 0, 1, got, waiter, WaitStep::Gather, empty)) {
      waiter.give_up(owner, WaitStep::Gather, row);
    } else if (const int missing = abandoned_for(got[0].part[0]); missing >= 0) {
      waiter.give_up(missing, WaitStep::Scatter, row);
    }
    return got[0];
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
