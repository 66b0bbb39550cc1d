#pragma once

#include "../cooperative_groups.h"
#include "../cuda_pipeline_primitives.h"

namespace cooperative_groups {

/// Has the threads of a group copy bytes from global to shared memory together. Where addresses and size
/// allow it, the copies go on in the background; wait or wait_prior ends the wait for them.
template <class Group, class To, class From>
FUSION_COMPAT_DEVICE void memcpy_async(const Group& group, To* to, const From* from, size_t bytes) {
  char* shared = reinterpret_cast<char*>(to);
  const char* global = reinterpret_cast<const char*>(from);
  unsigned long long bits =
      reinterpret_cast<unsigned long long>(to) | reinterpret_cast<unsigned long long>(from) | bytes;
  size_t rank = group.thread_rank(), threads = group.size();
  if (!__isShared(to) || !__isGlobal(from) || bits % 4 != 0) {
    for (size_t i = rank; i < bytes; i += threads) shared[i] = global[i];
  } else if (bits % 16 == 0) {
    for (size_t i = 16 * rank; i < bytes; i += 16 * threads)
      __pipeline_memcpy_async(shared + i, global + i, 16);
  } else {
    for (size_t i = 4 * rank; i < bytes; i += 4 * threads) __pipeline_memcpy_async(shared + i, global + i, 4);
  }
  __pipeline_commit();
}
template <class Group, class T>
FUSION_COMPAT_DEVICE void memcpy_async(const Group& group, T* to, size_t room, const T* from, size_t count) {
  memcpy_async(group, to, from, (room < count ? room : count) * sizeof(T));
}

/// Waits for the group's copies, but for the newest ones.
template <unsigned Newest, class Group>
FUSION_COMPAT_DEVICE void wait_prior(const Group& group) {
  __pipeline_wait_prior(Newest);
  group.sync();
}
template <class Group>
FUSION_COMPAT_DEVICE void wait(const Group& group) {
  wait_prior<0>(group);
}

}  // namespace cooperative_groups
