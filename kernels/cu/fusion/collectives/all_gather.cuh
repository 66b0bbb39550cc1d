#pragma once

#include <fusion/collectives/params.cuh>

namespace fusion {

/// All-gather along columns: output row r is row r of rank 0's input, then of rank 1's, and so on. A NaN may
/// arrive as another NaN; all other numbers are the input's bits. All-gather along rows is the same of one
/// row that holds a rank's whole input.
///
/// Participants: all threads of all ranks' grids. All ranks launch it for the same piece; in equal grids a
/// block waits for the blocks of its own number alone. All blocks of ranks that share a GPU must be resident
/// at once. The launches of a rank follow each other in a stream.
///
/// Grid and block: of x alone, in any number. P: the number of peers that a thread polls at a time.
///
/// Order: a block sends all that it has before it waits. slot.cuh has the order between ranks.
template <class T, int P>
__device__ __forceinline__ void all_gather(const CollectiveParams& params) {
  __shared__ CallTicket shared_ticket;
  ptx::griddepcontrol_wait();
  const CallTicket ticket = enter_call(control_of(params.workspaces[params.rank]), shared_ticket);
  if (ticket.refused) return;
  CollectiveCall call(params, ticket);

  const i64 thread = static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x;
  const i64 threads = static_cast<i64>(gridDim.x) * blockDim.x;
  const auto place = [&](int rank, i64 octet) {
    return reinterpret_cast<T*>(params.output) + place_in_columns(params, rank, octet) * kRowVector;
  };

  for (i64 i = thread; i < params.count; i += threads) {
    const i64 octet = params.first + i;
    const Octet<T> own = load_octet_nc(reinterpret_cast<const T*>(params.input) + octet * kRowVector);
    store_octet(place(params.rank, octet), own);
    for_each_peer(params.rank, params.ranks, [&](int to) { call.slot_at<T>(to, i).send(own); });
  }

  for (i64 i = thread; i < params.count; i += threads) {
    const i64 octet = params.first + i;
    call.template receive<T, P>(i, octet / params.row_octets,
                                [&](int from, const Octet<T>& got) { store_octet(place(from, octet), got); });
  }
}

}  // namespace fusion
