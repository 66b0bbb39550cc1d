#pragma once

#include <fusion/collectives/choices.cuh>
#include <fusion/collectives/select_largest.cuh>

namespace fusion {

/// A choice among the columns of all ranks, as one block sees it: `lists` has each rank's keys of a row.
template <class T>
struct Choice {
  const CollectiveParams& params;
  u64* lists;
  int pairs;  // slots of a row: two keys go into one

  using Pair = Octet<bf16>;  // 16 bytes

  __device__ __forceinline__ Choice(const CollectiveParams& p, u64* shared)
      : params(p), lists(shared), pairs((p.k + 1) / 2) {}

  __device__ __forceinline__ u64* list(int rank) const { return lists + rank * 2 * pairs; }
  __device__ __forceinline__ const T* input(i64 row) const {
    return reinterpret_cast<const T*>(params.input) + row * params.row_octets * kRowVector;
  }
  __device__ __forceinline__ int* indices(i64 row) const {
    return reinterpret_cast<int*>(params.indices) + row * params.k;
  }
  __device__ __forceinline__ u32 first_index() const {
    return static_cast<u32>(params.rank * params.row_octets * kRowVector);
  }

  /// Chooses from this rank's columns and sends the choices. Their indices stay where the results will be.
  __device__ __forceinline__ void select_and_send(CollectiveCall& call, SelectionScratch& scratch, i64 number,
                                                  i64 row) const {
    u64* const own = list(params.rank);
    if (threadIdx.x == 0) own[2 * pairs - 1] = 0;
    __syncthreads();
    select_largest(scratch, own, input(row), params.row_octets, first_index(), params.k);
    for (int i = static_cast<int>(threadIdx.x); i < params.k; i += kSelectionThreads)
      indices(row)[i] = index_of(own[i]);
    for (int pair = static_cast<int>(threadIdx.x); pair < pairs; pair += kSelectionThreads) {
      const u64 a = own[2 * pair], b = own[2 * pair + 1];
      Pair keys;
      keys.part[0] = {
          {static_cast<u32>(a), static_cast<u32>(a >> 32), static_cast<u32>(b), static_cast<u32>(b >> 32)}};
      for_each_peer(params.rank, params.ranks,
                    [&](int to) { call.slot_at<bf16>(to, number * pairs + pair).send(keys); });
    }
    __syncthreads();
  }

  /// Receives the peers' choices and writes the results.
  template <int P>
  __device__ __forceinline__ void receive_and_merge(CollectiveCall& call, i64 number, i64 row) const {
    const int k = params.k;
    for (int i = static_cast<int>(threadIdx.x); i < k; i += kSelectionThreads) {
      const u32 index = static_cast<u32>(indices(row)[i]);
      list(params.rank)[i] = choice_key(to_number(input(row)[index - first_index()]), index);
    }
    bool all = true;
    for (int pair = static_cast<int>(threadIdx.x); pair < pairs; pair += kSelectionThreads) {
      all &= call.template receive<bf16, P>(number * pairs + pair, row, [&](int from, const Pair& keys) {
        const Words16& words = keys.part[0];
        list(from)[2 * pair] = static_cast<u64>(words.w[1]) << 32 | words.w[0];
        list(from)[2 * pair + 1] = static_cast<u64>(words.w[3]) << 32 | words.w[2];
      });
    }
    all = __syncthreads_and(all) != 0;

    for (int i = static_cast<int>(threadIdx.x); i < params.ranks * k; i += kSelectionThreads) {
      const int from = i / k, at = i % k;
      int place = place_among_ranks(params.ranks, k, from, at, [&](int rank) { return list(rank); });
      if (!all) place = from == params.rank ? at : k;
      if (place < k) write_choice(params, row, place, all, list(from)[at]);
    }
    __syncthreads();
  }

 private:
  static __device__ __forceinline__ float to_number(float value) { return value; }
  template <class Small>
  static __device__ __forceinline__ float to_number(Small value) {
    return to_float(value);
  }
};

/// The k largest numbers of each row of a matrix whose columns are spread over the ranks: their values as
/// f32, and their indices over the columns of all ranks, the largest first, on every rank. choice_key.cuh has
/// the order. If a rank did not come, in this call or an earlier one, values are NaN and indices -1.
///
/// Participants: all threads of all ranks' grids. All ranks launch it for the same piece. All blocks of ranks
/// that share a GPU must be resident at once. The launches of a rank follow each other in a stream.
///
/// Grid: of x alone, in any number up to that of the rows, of which a block has blockIdx.x, blockIdx.x +
/// gridDim.x, and so on. Block: kSelectionThreads. Dynamic shared memory: ranks * 2 * ceil(k / 2) keys.
///
/// Order: a block sends its choices of all its rows before it waits for any. Each rank sends k choices of a
/// row to every other rank, two in a slot. P: the number of peers that a thread polls at a time.
template <class T, int P>
__device__ __forceinline__ void top_k(const CollectiveParams& params) {
  __shared__ CallTicket shared_ticket;
  __shared__ SelectionScratch scratch;
  extern __shared__ u64 lists[];
  ptx::griddepcontrol_wait();
  const CallTicket ticket = enter_call(control_of(params.workspaces[params.rank]), shared_ticket);
  const Choice<T> choice(params, lists);
  const i64 first = static_cast<i64>(blockIdx.x), stride = static_cast<i64>(gridDim.x);
  if (ticket.refused) {
    // Who reads indices without asking whether the call failed is not to read somewhere else.
    for (i64 number = first; number < params.count; number += stride)
      for (int i = static_cast<int>(threadIdx.x); i < params.k; i += kSelectionThreads)
        write_choice(params, params.first + number, i, false, 0);
    return;
  }
  CollectiveCall call(params, ticket);

  for (i64 number = first; number < params.count; number += stride)
    choice.select_and_send(call, scratch, number, params.first + number);
  for (i64 number = first; number < params.count; number += stride)
    choice.template receive_and_merge<P>(call, number, params.first + number);
}

}  // namespace fusion
