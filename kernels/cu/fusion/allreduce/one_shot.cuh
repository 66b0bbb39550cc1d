#pragma once

#include <fusion/allreduce/input_rows.cuh>

namespace fusion {

/// Step 1: sends the thread's octets of a row to every other rank.
template <class T, int V, class Call>
__device__ __forceinline__ void one_shot_send(const Epilogue<T, V, Call>& epilogue,
                                              const ExchangeCall<T, Call>& exchange, const Octet<T> (&own)[V],
                                              int row) {
#pragma unroll Call::kVectorsAtATime
  for (int v = 0; v < V; v++) {
    if (!epilogue.has(v)) continue;
    const Octet<T> octet = first_or_load(epilogue, own, row, v);
    exchange.for_each_peer([&](int to) { exchange.slot_at(to, row, epilogue.octet(v)).send(octet); });
  }
}

/// Step 2: receives the thread's octets of a row from every other rank and sums them. `missing` becomes the
/// rank that did not come, if one did not.
template <int P, class T, int V, class Call>
__device__ __forceinline__ void one_shot_reduce(const Epilogue<T, V, Call>& epilogue,
                                                ExchangeCall<T, Call>& exchange, Octet<T> (&own)[V], int row,
                                                Octet<T> (&sum)[V], int& missing) {
#pragma unroll Call::kVectorsAtATime
  for (int v = 0; v < V; v++) {
    if (!epilogue.has(v)) continue;
    load_unless_first(epilogue, own, row, v);
    sum[v] = exchange.template receive_sum<P>(exchange.own_slots(row, epilogue.octet(v)), own[v],
                                              WaitStep::OneShot, row, missing);
  }
}

/// One-shot: every rank sends its rows to every other rank and does all the work on all rows. It takes one
/// step over the wire.
///
/// Participants: all threads of all ranks' grids. All ranks launch it for the same tokens in the same grid: a
/// block then waits for the blocks of its own number alone, and goes on as soon as these have come. All
/// blocks of ranks that share a GPU must be resident at once. The launches of a rank follow each other in a
/// stream, with or without the attribute for programmatic dependent launch.
///
/// Grid: x blocks share a row, a cluster of them where the epilogue reduces over rows; a block has the rows
/// blockIdx.y, blockIdx.y + gridDim.y, and so on. Block: a multiple of 32 threads; gridDim.x blocks of them
/// with V octets a thread are enough for a row. P: the number of peers that a thread polls at a time.
///
/// Order: a block sends all its rows before it waits for any, and a thread reads its part of a row's input
/// before it writes its part of the row's outputs, so outputs may lie over inputs row by row. slot.cuh has
/// the order between ranks.
///
/// The next kernel of the stream may start when every block has an octet of its last row from every rank: all
/// blocks that it waits for have come then, and what these still have to send they send without waiting. If
/// it started earlier, it could keep out blocks of another operation that are waited for. Between two H100
/// this costs 0.4%, and at 128 tokens of 4096 it is a tenth faster (2026-11-26,
/// bench/results/overlap-and-grids-2xh100.md). With kOverlapAtOnce it may start as soon as all blocks have:
/// the host then knows that there are no other operations.
template <class T, int P, int V, class Call = AnyCall>
__device__ __forceinline__ void one_shot(const AllReduceParams& params) {
  static_assert(P >= 1 && P <= kPeersOfManyRanks, "registers for the octets of so many peers");
  static_assert(V >= 1 && V <= kOctetsOfLongRow, "registers for so many octets");
  __shared__ EpilogueShared shared;
  __shared__ CallTicket shared_ticket;
  touch(params);
  if (params.overlap == kOverlapAtOnce) ptx::griddepcontrol_launch_dependents();
  ptx::griddepcontrol_wait();

  // All that does not depend on the call's number is on its way before the number is there.
  Epilogue<T, V, Call> epilogue(params, shared);
  const int first = epilogue.first_row();
  const int stride = epilogue.row_stride();
  Octet<T> own[V];
  load_first_row(epilogue, own);
  const CallTicket ticket = enter_call(control_of(params.workspaces[params.rank]), shared_ticket);
  if (ticket.refused) return;
  ExchangeCall<T, Call> exchange(params, ticket);

#pragma unroll 1
  for (int row = first; row < params.tokens; row += stride) one_shot_send(epilogue, exchange, own, row);
  pad_scales<Call>(params);

  int missing = -1;
#pragma unroll 1
  for (int row = first; row < params.tokens; row += stride) {
    Octet<T> residual[V] = {}, sum[V] = {};
    epilogue.prefetch(row, residual);
    one_shot_reduce<P>(epilogue, exchange, own, row, sum, missing);
    // Only a thread that has waited for the peers may say so for its block.
    if (params.overlap != 0 && epilogue.has(0) && row + stride >= params.tokens)
      ptx::griddepcontrol_launch_dependents();
    epilogue.finish(row, sum, residual);
  }
}

}  // namespace fusion
