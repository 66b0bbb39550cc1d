#pragma once

#include <fusion/collectives/params.cuh>

namespace fusion {

/// Reduce-scatter by rows: rank r gets the sum over all ranks of the rows of its part, the r-th of as many
/// equal parts as there are ranks. The numbers are those of the all-reduce: docs/numbers.md, step 1.
///
/// Participants, grid, block and order are those of all_gather.
template <class T, int P>
__device__ __forceinline__ void reduce_scatter(const CollectiveParams& params) {
  __shared__ CallTicket shared_ticket;
  ptx::griddepcontrol_wait();
  const CallTicket ticket = enter_call(control_of(params.workspaces[params.rank]), shared_ticket);
  if (ticket.refused) return;
  CollectiveCall call(params, ticket);

  const i64 thread = static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x;
  const i64 threads = static_cast<i64>(gridDim.x) * blockDim.x;
  const auto input = [&](int rank, i64 octet) {
    return load_octet_nc(reinterpret_cast<const T*>(params.input) +
                         (rank * params.part_octets + octet) * kRowVector);
  };

  for (i64 i = thread; i < params.count; i += threads) {
    for_each_peer(params.rank, params.ranks,
                  [&](int to) { call.slot_at<T>(to, i).send(input(to, params.first + i)); });
  }

  for (i64 i = thread; i < params.count; i += threads) {
    const i64 octet = params.first + i;
    const Octet<T> own = input(params.rank, octet);
    // -0 is the number that changes nothing when it is added, -0 included.
    float sum[8] = {-0.0f, -0.0f, -0.0f, -0.0f, -0.0f, -0.0f, -0.0f, -0.0f};
    const auto add = [&](const Octet<T>& more) {
      float values[8];
      widen(more, values);
#pragma unroll
      for (int e = 0; e < 8; e++) sum[e] = __fadd_rn(sum[e], values[e]);
    };
    const i64 row = (params.rank * params.part_octets + octet) / params.row_octets;
    call.template receive<T, P>(i, row, [&](int from, const Octet<T>& got) {
      if (from == params.rank + 1) add(own);
      add(got);
    });
    if (params.rank == params.ranks - 1) add(own);
    store_octet(reinterpret_cast<T*>(params.output) + octet * kRowVector, round_octet<T>(sum));
  }
}

}  // namespace fusion
