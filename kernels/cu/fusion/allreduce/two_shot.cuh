#pragma once

#include <fusion/allreduce/input_rows.cuh>

namespace fusion {

/// Step 1: sends the thread's octets of a row to the row's owner.
template <class T, int V, class Call>
__device__ __forceinline__ void two_shot_scatter(const Epilogue<T, V, Call>& epilogue,
                                                 const ExchangeCall<T, Call>& exchange,
                                                 const Octet<T> (&own)[V], int row, int owner) {
#pragma unroll Call::kVectorsAtATime
  for (int v = 0; v < V; v++) {
    if (!epilogue.has(v)) continue;
    const Octet<T> octet = first_or_load(epilogue, own, row, v);
    exchange.slot_at(owner, row / exchange.ranks(), epilogue.octet(v)).send(octet);
  }
}

/// Step 2: receives an octet of a row of this rank from every other rank and sums them with this rank's
/// `own`. Sends the sum to every other rank, or in its place the number of the rank that did not come.
template <int P, class T, class Call>
__device__ __forceinline__ Octet<T> two_shot_reduce(ExchangeCall<T, Call>& exchange, const Octet<T>& own,
                                                    int row, int octet) {
  int missing = -1;
  const Octet<T> sum = exchange.template receive_sum<P>(exchange.own_slots(row / exchange.ranks(), octet),
                                                        own, WaitStep::Scatter, row, missing);
  exchange.for_each_peer([&](int to) {
    const Slot<T> slot = exchange.gather_slot(to, row, octet);
    if (missing < 0) {
      slot.send(sum);
    } else {
      slot.abandon(missing);
    }
  });
  return sum;
}

/// Step 3: receives an octet of the sum of another rank's row.
template <class T, class Call>
__device__ __forceinline__ Octet<T> two_shot_gather(ExchangeCall<T, Call>& exchange, int owner, int row,
                                                    int octet) {
  return exchange.receive_sum_of(owner, row, octet);
}

/// Two-shot: row t belongs to rank t % ranks. Every rank sends its part of a row to the row's owner, who sums
/// the parts and sends the sum to all. It takes two steps over the wire, and 2/ranks of one-shot's bytes.
///
/// Participants, grid, block, P, order and launch are as for one_shot. The rows of a block should belong
/// to all ranks alike, which a grid sees to that shares no divisor with the number of ranks. A block never
/// waits for a sum that another block of its own rank has yet to send, because blocks work on the rows of
/// their own rank before they wait for those of others.
template <class T, int P, int V, class Call = AnyCall>
__device__ __forceinline__ void two_shot(const AllReduceParams& params) {
  static_assert(P >= 1 && P <= kPeersOfManyRanks, "registers for the octets of so many peers");
  static_assert(V >= 1 && V <= kOctetsOfLongRow, "registers for so many octets");
  __shared__ EpilogueShared shared;
  __shared__ CallTicket shared_ticket;
  touch(params);
  ptx::griddepcontrol_wait();

  // All that does not depend on the call's number is on its way before the number is there.
  Epilogue<T, V, Call> epilogue(params, shared);
  const int first = epilogue.first_row();
  const int stride = epilogue.row_stride();
  const int ranks = Call::ranks(params);
  int left = (params.tokens - first + stride - 1) / stride;  // rows that are not summed yet
  Octet<T> own[V];
  load_first_row(epilogue, own);
  const CallTicket ticket = enter_call(control_of(params.workspaces[params.rank]), shared_ticket);
  if (ticket.refused) return;
  ExchangeCall<T, Call> exchange(params, ticket);

#pragma unroll 1
  for (int row = first; row < params.tokens; row += stride) {
    const int owner = row % ranks;
    if (owner != params.rank) two_shot_scatter(epilogue, exchange, own, row, owner);
  }
  pad_scales<Call>(params);

  // The rows of this rank first, then those of the others, in one loop, so that the epilogue's code is there
  // once.
#pragma unroll 1
  for (int turn = 0; turn < 2; turn++) {
#pragma unroll 1
    for (int row = first; row < params.tokens; row += stride) {
      const int owner = row % ranks;
      const bool mine = owner == params.rank;
      if (mine != (turn == 0)) continue;
      Octet<T> residual[V] = {}, sum[V] = {};
      epilogue.prefetch(row, residual);
#pragma unroll Call::kVectorsAtATime
      for (int v = 0; v < V; v++) {
        if (!epilogue.has(v)) continue;
        const int octet = epilogue.octet(v);
        if (mine) {
          load_unless_first(epilogue, own, row, v);
          sum[v] = two_shot_reduce<P>(exchange, own[v], row, octet);
        } else {
          sum[v] = two_shot_gather(exchange, owner, row, octet);
        }
      }
      if (--left == 0 && params.overlap != 0 && epilogue.has(0)) ptx::griddepcontrol_launch_dependents();
      epilogue.finish(row, sum, residual);
    }
  }
}

}  // namespace fusion
