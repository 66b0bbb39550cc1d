#pragma once

#include <fusion/allreduce/epilogue.cuh>
#include <fusion/allreduce/exchange_call.cuh>
#include <fusion/ptx/grid.cuh>

namespace fusion {

/// One-shot: every rank sends its rows to every other and does all the work on all rows. One step over the
/// wire.
///
/// Grid: x blocks share a row, a cluster of them where the epilogue reduces over rows; the rows blockIdx.y, +
/// gridDim.y, … are a block's. All ranks launch it for the same tokens in the same grid: a block then waits
/// for the blocks of its own number alone, and goes on as soon as these have come. All blocks of ranks that
/// share a GPU must be resident at once. Block: a multiple of 32 threads; gridDim.x blocks of them with V
/// octets a thread are enough for a row. P: peers that are polled at a time. Launches of a rank follow each
/// other in a stream, with or without the attribute for programmatic dependent launch.
///
/// The next kernel of the stream may come onto the GPU when every block has an octet of its last row from
/// every rank: all blocks that it waits for have come then, and what they still send they send without
/// waiting. Earlier, the next kernel could keep out blocks of another operation that are waited for. It costs
/// 0.4% between two GPUs, and at 128 tokens of 4096 it is a tenth faster
/// (bench/results/overlap-and-grids-2xh100.md).
///
/// A block sends all its rows before it waits for any, and a row's input is read before the thread writes the
/// row's outputs, so outputs may lie over inputs row by row.
template <class T, int P, int V, class Call = AnyCall>
__device__ __forceinline__ void one_shot(const AllReduceParams& params) {
  static_assert(P >= 1 && V >= 1, "one peer and one octet at least");
  __shared__ EpilogueShared shared;
  __shared__ CallTicket shared_ticket;
  ptx::griddepcontrol_wait();

  // All that does not depend on the call's number is on its way before the number is there.
  Epilogue<T, V, Call> epilogue(params, shared);
  const int first = epilogue.first_row();
  const int stride = epilogue.row_stride();
  Octet<T> own[V];
#pragma unroll Call::kVectorsAtATime
  for (int v = 0; v < V; v++)
    if (epilogue.has(v)) own[v] = load_octet(epilogue.at(params.input, first, v));

  const CallTicket ticket =
      enter_call(reinterpret_cast<Control*>(params.workspaces[params.rank]), shared_ticket);
  if (ticket.refused) return;
  ExchangeCall<T, Call> exchange(params, ticket);

  // 1. Send.
#pragma unroll 1
  for (int row = first; row < params.tokens; row += stride) {
#pragma unroll Call::kVectorsAtATime
    for (int v = 0; v < V; v++) {
      if (!epilogue.has(v)) continue;
      const Octet<T> octet = row == first ? own[v] : load_octet(epilogue.at(params.input, row, v));
      exchange.for_each_peer([&](int to) { push(exchange.slot_at(to, row, epilogue.octet(v)), octet); });
    }
  }
  pad_scales<Call>(params);

  // 2. Receive, sum and finish.
  int missing = -1;
#pragma unroll 1
  for (int row = first; row < params.tokens; row += stride) {
    Octet<T> residual[V] = {}, sum[V] = {};
    epilogue.prefetch(row, residual);
#pragma unroll Call::kVectorsAtATime
    for (int v = 0; v < V; v++) {
      if (!epilogue.has(v)) continue;
      if (row != first) own[v] = load_octet(epilogue.at(params.input, row, v));
      sum[v] = exchange.template receive_sum<P>(exchange.own_slots(row, epilogue.octet(v)), own[v],
                                                WaitStep::OneShot, row, missing);
    }
    // Only a thread that has waited may say so for its block.
    if (params.overlap != 0 && epilogue.has(0) && row + stride >= params.tokens)
      ptx::griddepcontrol_launch_dependents();
    epilogue.finish(row, sum, residual);
  }
}

}  // namespace fusion
