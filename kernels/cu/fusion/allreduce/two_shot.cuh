#pragma once

#include <fusion/allreduce/epilogue.cuh>
#include <fusion/allreduce/exchange_call.cuh>
#include <fusion/ptx/grid.cuh>

namespace fusion {

/// Two-shot: row t belongs to rank t % ranks. Every rank sends its part of a row to the row's owner, who sums
/// and sends the sum to all. Two steps over the wire, and 2/ranks of one-shot's bytes.
///
/// Grid, block, P and launch as one_shot. The blocks' rows should have owners of all kinds: a grid that
/// shares no divisor with the number of ranks sees to that. A block never waits for what another block of its
/// own rank has yet to send in this call's second part, because owners work on their rows in all blocks
/// before they wait for those of others.
template <class T, int P, int V, class Call = AnyCall>
__device__ __forceinline__ void two_shot(const AllReduceParams& params) {
  static_assert(P >= 1 && V >= 1, "one peer and one octet at least");
  __shared__ EpilogueShared shared;
  __shared__ CallTicket shared_ticket;
  ptx::griddepcontrol_wait();

  Epilogue<T, V, Call> epilogue(params, shared);
  const int first = epilogue.first_row();
  const int stride = epilogue.row_stride();
  const int ranks = Call::ranks(params);
  int left = (params.tokens - first + stride - 1) / stride;  // rows that are not summed yet
  Octet<T> own[V];
#pragma unroll Call::kVectorsAtATime
  for (int v = 0; v < V; v++)
    if (epilogue.has(v)) own[v] = load_octet(epilogue.at(params.input, first, v));

  const CallTicket ticket =
      enter_call(reinterpret_cast<Control*>(params.workspaces[params.rank]), shared_ticket);
  if (ticket.refused) return;
  ExchangeCall<T, Call> exchange(params, ticket);

  // 1. Scatter: to each row's owner.
#pragma unroll 1
  for (int row = first; row < params.tokens; row += stride) {
    const int owner = row % ranks;
    if (owner == params.rank) continue;
#pragma unroll Call::kVectorsAtATime
    for (int v = 0; v < V; v++) {
      if (!epilogue.has(v)) continue;
      const Octet<T> octet = row == first ? own[v] : load_octet(epilogue.at(params.input, row, v));
      push(exchange.slot_at(owner, row / ranks, epilogue.octet(v)), octet);
    }
  }
  pad_scales<Call>(params);

  // 2. Sum the rows of this rank and send the sums; 3. gather those of the others. One loop, so that the
  // epilogue's code is there once.
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
          if (row != first) own[v] = load_octet(epilogue.at(params.input, row, v));
          int missing = -1;
          sum[v] = exchange.template receive_sum<P>(exchange.own_slots(row / ranks, octet), own[v],
                                                    WaitStep::Scatter, row, missing);
          exchange.for_each_peer([&](int to) {
            const u64 slot = exchange.gathered(to, row, octet);
            if (missing < 0) {
              push(slot, sum[v]);
            } else {
              push_abandoned<T>(slot, missing);
            }
          });
        } else {
          sum[v] = exchange.receive_sum_of(owner, row, octet);
        }
      }
      if (--left == 0 && params.overlap != 0 && epilogue.has(0)) ptx::griddepcontrol_launch_dependents();
      epilogue.finish(row, sum, residual);
    }
  }
}

}  // namespace fusion
