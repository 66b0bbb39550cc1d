#pragma once

#include <fusion/base/architecture.cuh>

// How a rank numbers the other ranks, its peers: 0 to ranks - 2, in rank order, itself left out. Each thread
// acts for itself; no memory.

namespace fusion {

/// Number of `rank` among the peers of `self`.
__device__ __forceinline__ int peer_number(int self, int rank) { return rank < self ? rank : rank - 1; }

/// Rank of the peer with this number: the inverse of peer_number.
__device__ __forceinline__ int rank_of_peer(int self, int peer) { return peer < self ? peer : peer + 1; }

/// Calls action(rank) for each peer of `self`. Every rank starts with the one behind it, so that not all of
/// them write to the same GPU at once. `self` is a reference, so that a kernel's parameter is read in the
/// loop: a value makes the code of one_shot_bf16_p7_v1 128 bytes larger (NVRTC 12.4, sm_90a, 2026-11-26).
template <class Action>
__device__ __forceinline__ void for_each_peer(const int& self, int ranks, Action action) {
  for (int i = 1; i < ranks; i++) {
    const int to = self + i;
    action(to < ranks ? to : to - ranks);
  }
}

}  // namespace fusion
