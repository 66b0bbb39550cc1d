#pragma once

#include <fusion/comm/peers.cuh>
#include <fusion/comm/slot.cuh>
#include <fusion/norm/octets.cuh>
#include <fusion/ptx/grid.cuh>

namespace fusion {

/// Parameter of all collectives but the all-reduce, as the host lays it out. A launch does a piece of a call:
/// `count` units from unit `first` on, a unit being an octet, or a row in top_k. place_columns.cuh,
/// separate_top_k.cuh and failure_word.cuh say what they use of it. Addresses of tensors are
/// aligned to 16 bytes, and inputs and outputs do not overlap.
struct CollectiveParams {
  u64 workspaces[kMaxRanks];  // address of each rank's workspace, as this rank's GPU sees it
  u64 input;
  u64 output;
  u64 indices;       // top_k: int32 [rows, k]
  u64 status;        // WaitStatus of this rank
  u64 timeout_ns;    // after which a wait for a rank that does not come ends
  u64 buffer_bytes;  // of a buffer of a workspace, a multiple of 16
  u64 slot_bytes;    // from a sender's slots to the next sender's, a multiple of 16
  i64 first;
  i64 count;
  i64 part_octets;  // octets that lie together: all_gather, a row of the input; reduce_scatter, a rank's rows
  i64 row_octets;   // octets of a row of the input
  int rank;
  int ranks;
  int k;     // top_k: number of results of a row
  int step;  // WaitStep of its waits
};

static_assert(sizeof(CollectiveParams) == kMaxRanks * 8 + 11 * 8 + 4 * 4, "as the host lays it out");

/// Number of the unit of the output at which an all-gather along columns has a unit of a rank's input.
__device__ __forceinline__ i64 place_in_columns(const CollectiveParams& params, int rank, i64 unit) {
  const i64 row = unit / params.part_octets;
  return row * params.part_octets * (params.ranks - 1) + rank * params.part_octets + unit;
}

/// One launch of a collective as one thread sees it. Each thread acts for itself; slot.cuh says what sending
/// and receiving orders.
struct CollectiveCall {
  const CollectiveParams& params;
  Waiter waiter;
  u64 buffer;  // offset from a workspace's start to the buffer of this call

  __device__ __forceinline__ CollectiveCall(const CollectiveParams& p, const CallTicket& ticket)
      : params(p),
        waiter(control_of(p.workspaces[p.rank]), reinterpret_cast<WaitStatus*>(p.status), p.timeout_ns,
               ticket),
        buffer(buffer_offset(ticket, p.buffer_bytes)) {}

  /// The slot at rank `to` for octet `number` of this rank's piece.
  template <class T>
  __device__ __forceinline__ Slot<T> slot_at(int to, i64 number) const {
    const int peer = peer_number(to, params.rank);
    return Slot<T>(params.workspaces[to] + buffer + peer * params.slot_bytes +
                   static_cast<u64>(number) * sizeof(Octet<T>));
  }

  /// The slots of this rank for its peers' octets `number`, from the peer of number `first` on.
  template <class T>
  __device__ __forceinline__ Slots<T> own_slots(int first, i64 number) const {
    return {params.workspaces[params.rank] + buffer + first * params.slot_bytes +
                static_cast<u64>(number) * sizeof(Octet<T>),
            params.slot_bytes};
  }

  __device__ __forceinline__ WaitStep step() const { return static_cast<WaitStep>(params.step); }

  /// Waits for the octets `number` of P peers at a time and calls action(rank, octet) for each, in rank
  /// order. If a wait gave up, some octets are NaN, the host hears of it with the number of the row, and the
  /// result is false.
  template <class T, int P, class Action>
  __device__ __forceinline__ bool receive(i64 number, i64 row, Action action) {
    bool all = true;
    const int peers = params.ranks - 1;
    for (int base = 0; base < peers; base += P) {
      Octet<T> got[P];
      const int count = peers - base < P ? peers - base : P;
      int empty = 0;
      if (!own_slots<T>(base, number).template receive<P>(count, got, waiter, step(), empty)) {
        waiter.give_up(rank_of_peer(params.rank, base + empty), step(), static_cast<int>(row));
        all = false;
      }
#pragma unroll
      for (int p = 0; p < P; p++)
        if (p < count) action(rank_of_peer(params.rank, base + p), got[p]);
    }
    return all;
  }
};

}  // namespace fusion
