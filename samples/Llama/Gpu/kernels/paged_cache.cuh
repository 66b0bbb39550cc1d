#pragma once

#include <fusion/base/integers.cuh>

namespace llama {

using fusion::i64;

/// Number of tokens in a page of the cache.
constexpr int kPageSize = 16;

/// Where a layer's keys, or its values, lie: [pages, heads, 16, head size], so that a head's part of a page
/// is in one piece. A sequence's table has the numbers of its pages in the order of its tokens.
struct PagedRows {
  const int* tables;  // [sequences, pages_per_sequence]
  int pages_per_sequence;
  int heads;  // of keys and values, on this rank
  int head_size;

  /// Index of the first element of a token's row. Each thread acts for itself; it reads the table.
  __device__ __forceinline__ i64 row(int sequence, int head, int position) const {
    const i64 page = tables[static_cast<i64>(sequence) * pages_per_sequence + position / kPageSize];
    return ((page * heads + head) * kPageSize + position % kPageSize) * head_size;
  }
};

}  // namespace llama
