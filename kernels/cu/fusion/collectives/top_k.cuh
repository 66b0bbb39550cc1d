#pragma once

#include <fusion/collectives/params.cuh>
#include <fusion/collectives/select_largest.cuh>

namespace fusion {

/// Number of keys of a sorted list, the largest first, that are larger than a key.
__device__ __forceinline__ int count_larger(const u64* list, int count, u64 key) {
  int low = 0, high = count;
  while (low < high) {
    const int middle = (low + high) / 2;
    if (list[middle] > key) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/// The k largest numbers of each row of a matrix whose columns are spread over the ranks: their values as
/// f32, and their indices over the columns of all ranks, the largest first, on every rank. choice_key.cuh has
/// the order. If a rank did not come, values are NaN and indices -1.
///
/// Participants: all threads of all ranks' grids of `count` blocks of kSelectionThreads, one a row: the block
/// of a row waits for the blocks of the same row alone. All blocks of ranks that share a GPU must be resident
/// at once. The launches of a rank follow each other in a stream.
///
/// Each rank sends its k choices of a row to every other rank, two keys in a slot; so 16 * ceil(k / 2) bytes
/// a row. P: the number of peers that a thread polls at a time.
template <class T, int P>
__device__ __forceinline__ void top_k(const CollectiveParams& params) {
  using Pair = Octet<bf16>;  // 16 bytes
  __shared__ CallTicket shared_ticket;
  __shared__ SelectionScratch scratch;
  // Two of them, since a slot has two keys.
  extern __shared__ u64 lists[];
  ptx::griddepcontrol_wait();
  const CallTicket ticket = enter_call(control_of(params.workspaces[params.rank]), shared_ticket);
  if (ticket.refused) return;
  CollectiveCall call(params, ticket);

  const int k = params.k;
  const int pairs = (k + 1) / 2;
  const int thread = static_cast<int>(threadIdx.x);
  const i64 number = static_cast<i64>(blockIdx.x);
  const i64 row = params.first + number;
  const u32 first_index = static_cast<u32>(params.rank * params.row_octets * kRowVector);
  u64* own = lists + params.rank * 2 * pairs;
  if (thread == 0) own[2 * pairs - 1] = 0;
  __syncthreads();
  select_largest(scratch, own,
                 reinterpret_cast<const T*>(params.input) + row * params.row_octets * kRowVector,
                 params.row_octets, first_index, k);

  for (int pair = thread; pair < pairs; pair += kSelectionThreads) {
    const u64 a = own[2 * pair], b = own[2 * pair + 1];
    Pair keys;
    keys.part[0] = {
        {static_cast<u32>(a), static_cast<u32>(a >> 32), static_cast<u32>(b), static_cast<u32>(b >> 32)}};
    for_each_peer(params.rank, params.ranks,
                  [&](int to) { call.slot_at<bf16>(to, number * pairs + pair).send(keys); });
  }

  bool all = true;
  for (int pair = thread; pair < pairs; pair += kSelectionThreads) {
    all &= call.template receive<bf16, P>(number * pairs + pair, row, [&](int from, const Pair& keys) {
      const Words16& words = keys.part[0];
      u64* list = lists + from * 2 * pairs + 2 * pair;
      list[0] = static_cast<u64>(words.w[1]) << 32 | words.w[0];
      list[1] = static_cast<u64>(words.w[3]) << 32 | words.w[2];
    });
  }
  all = __syncthreads_and(all) != 0;

  float* values = reinterpret_cast<float*>(params.output) + row * k;
  int* indices = reinterpret_cast<int*>(params.indices) + row * k;
  for (int i = thread; i < params.ranks * k; i += kSelectionThreads) {
    const int from = i / k, at = i % k;
    const u64 key = lists[from * 2 * pairs + at];
    // Its place among the keys of all ranks, no two of which are equal.
    int place = at;
    for (int other = 0; other < params.ranks; other++)
      if (other != from) place += count_larger(lists + other * 2 * pairs, k, key);
    if (!all) place = from == params.rank ? at : k;
    if (place >= k) continue;
    if (params.output != 0) values[place] = all ? number_of(key) : __uint_as_float(0x7FC00000u);
    if (params.indices != 0) indices[place] = all ? index_of(key) : -1;
  }
}

}  // namespace fusion
