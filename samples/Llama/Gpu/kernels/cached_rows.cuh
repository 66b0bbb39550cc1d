#pragma once

#include <fusion/norm/octets.cuh>
#include <fusion/ptx/async_copy.cuh>

#include "paged_cache.cuh"

namespace llama {

using namespace fusion;

/// Tokens whose keys or values are copied to shared memory at a time, by the threads of a block.
constexpr int kTile = 64;
constexpr int kTileThreads = 128;

/// Where the cache has a head's part of a sequence, for one thread of a block, each of which copies octets of
/// the same column.
template <int D>
struct CachedHead {
  static constexpr int kOctets = D / kRowVector;
  static constexpr int kStep = kTileThreads / kOctets;  // tokens from one of a thread's octets to the next
  static constexpr int kEach = kTile / kStep;           // octets of a thread

  const int* table;
  i64 first;  // element of the thread's first octet, in page 0
  int page;   // elements of a page, of all heads

  __device__ __forceinline__ CachedHead(const PagedRows& cache, int sequence, int head)
      : table(cache.tables + static_cast<i64>(sequence) * cache.pages_per_sequence),
        first(static_cast<i64>(head * kPageSize + own() % kPageSize) * D + column()),
        page(cache.heads * kPageSize * D) {}

  /// Token and first column of the thread's octet number `k`.
  __device__ __forceinline__ static int token(int k) { return own() + k * kStep; }
  __device__ __forceinline__ static int column() {
    return static_cast<int>(threadIdx.x % kOctets) * kRowVector;
  }

  __device__ __forceinline__ static int own() { return static_cast<int>(threadIdx.x / kOctets); }
};

/// Where the pages of a tile begin, beside page 0.
template <int D>
struct CachedTile {
  using Head = CachedHead<D>;
  static constexpr int kPages = Head::kStep < kPageSize ? kTile / kPageSize : Head::kEach;

  i64 pages[kPages];
  int count;  // of tokens

  /// The tokens from `first`, a multiple of kTile, to before `end`, of which there is one at least. All of it
  /// is looked up before anything is copied and without a branch, so that the table's latency counts once.
  __device__ __forceinline__ CachedTile(const Head& head, int first, int end) : count(end - first) {
    // A page for each of the thread's octets, or one for several that lie in it.
    const unsigned token = static_cast<unsigned>(first + (Head::kStep < kPageSize ? 0 : Head::own()));
    const unsigned last = static_cast<unsigned>(end - 1) / kPageSize;
#pragma unroll
    for (int p = 0; p < kPages; p++)
      pages[p] =
          static_cast<i64>(head.table[min(token / kPageSize + p * (kTile / kPages / kPageSize), last)]) *
          head.page;
  }
};

/// Keys or values of a tile in shared memory. Rows are 16 bytes longer than they need be, so that ldmatrix
/// meets each bank once.
template <class T, int D>
struct Rows {
  T row[kTile][D + kRowVector];

  /// Begins to copy a tile; zeros behind its end, as 0 times what is there could be NaN. Participants: all
  /// threads of the block.
  /// @param from the thread's first octet in page 0: keys or values and CachedHead::first
  __device__ __forceinline__ void load(const T* from, const CachedTile<D>& tile) {
    using Head = CachedHead<D>;
#pragma unroll
    for (int k = 0; k < Head::kEach; k++) {
      const T* const page = from + tile.pages[k * CachedTile<D>::kPages / Head::kEach];
      ptx::cp_async_16(&row[Head::token(k)][Head::column()], page + k * Head::kStep % kPageSize * D,
                       Head::token(k) < tile.count);
    }
    ptx::cp_async_commit();
  }
};

}  // namespace llama
