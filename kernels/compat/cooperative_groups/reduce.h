#pragma once

#include "../cooperative_groups.h"
#include "../fusion_compat/groups_operations.h"

namespace cooperative_groups {

/// Combines a value of each thread of a tile or of coalesced threads; each thread gets the result.
template <unsigned Size, class Parent, class T, class Op>
FUSION_COMPAT_DEVICE T reduce(const thread_block_tile<Size, Parent>& group, T value, Op op) {
#pragma unroll
  for (unsigned step = Size / 2; step > 0; step /= 2)
    value = op(value, group.shfl_xor(value, static_cast<int>(step)));
  return value;
}
template <class T, class Op>
FUSION_COMPAT_DEVICE T reduce(const coalesced_group& group, T value, Op op) {
  unsigned rank = group.thread_rank(), threads = group.num_threads();
  for (unsigned step = 1; step < threads; step *= 2) {
    T other = group.shfl_down(value, static_cast<int>(step));
    if (rank % (2 * step) == 0 && rank + step < threads) value = op(value, other);
  }
  return group.shfl(value, 0);
}

/// Combines the values into a place of memory, once a group.
template <class Group, class T, class U, class Op>
FUSION_COMPAT_DEVICE void reduce_store_async(const Group& group, T* place, U&& value, Op op) {
  T result = reduce(group, static_cast<T>(value), op);
  if (group.thread_rank() == 0) *place = result;
}

}  // namespace cooperative_groups
