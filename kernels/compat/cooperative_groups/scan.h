#pragma once

#include "../cooperative_groups.h"
#include "../fusion_compat/groups_operations.h"

namespace cooperative_groups {

/// Each thread gets the values of the threads up to itself, combined in their order.
template <class Group, class T, class Op>
FUSION_COMPAT_DEVICE T inclusive_scan(const Group& group, T value, Op op) {
  unsigned rank = group.thread_rank(), threads = group.num_threads();
  for (unsigned step = 1; step < threads; step *= 2) {
    T other = group.shfl_up(value, step);
    if (rank >= step) value = op(other, value);
  }
  return value;
}
template <class Group, class T>
FUSION_COMPAT_DEVICE T inclusive_scan(const Group& group, T value) {
  return inclusive_scan(group, value, std::plus<T>());
}

/// Each thread gets the values of the threads before itself; the first gets T().
template <class Group, class T, class Op>
FUSION_COMPAT_DEVICE T exclusive_scan(const Group& group, T value, Op op) {
  T before = group.shfl_up(inclusive_scan(group, value, op), 1);
  return group.thread_rank() == 0 ? T() : before;
}
template <class Group, class T>
FUSION_COMPAT_DEVICE T exclusive_scan(const Group& group, T value) {
  return exclusive_scan(group, value, std::plus<T>());
}

}  // namespace cooperative_groups
