#pragma once

// Copies from global to shared memory that go on while the thread does: cp.async, from sm_80 on.

#include "fusion_compat/base.h"
#include "stddef.h"

/// Begins to copy 4, 8 or 16 bytes, aligned to that; the last zeros bytes are not read but zero.
FUSION_COMPAT_DEVICE void __pipeline_memcpy_async(void* to_shared, const void* from_global, size_t bytes,
                                                  size_t zeros = 0) {
#if FUSION_COMPAT_HAS_SM80
  unsigned to = static_cast<unsigned>(__cvta_generic_to_shared(to_shared));
  unsigned read = static_cast<unsigned>(bytes - zeros);
  if (bytes == 16) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from_global), "r"(read)
                 : "memory");
  } else if (bytes == 8) {
    asm volatile("cp.async.ca.shared.global [%0], [%1], 8, %2;" ::"r"(to), "l"(from_global), "r"(read)
                 : "memory");
  } else if (bytes == 4) {
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(to), "l"(from_global), "r"(read)
                 : "memory");
  } else {
    __trap();
  }
#else
  for (size_t i = 0; i < bytes; ++i) {
    static_cast<char*>(to_shared)[i] = i + zeros < bytes ? static_cast<const char*>(from_global)[i] : 0;
  }
#endif
}

/// Closes the group of the copies that the thread began.
FUSION_COMPAT_DEVICE void __pipeline_commit() {
#if FUSION_COMPAT_HAS_SM80
  asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

/// Waits for all of the thread's groups but the newest ones.
FUSION_COMPAT_DEVICE void __pipeline_wait_prior(size_t newest) {
#if FUSION_COMPAT_HAS_SM80
  switch (newest) {
    case 0:
      asm volatile("cp.async.wait_group 0;" ::: "memory");
      break;
    case 1:
      asm volatile("cp.async.wait_group 1;" ::: "memory");
      break;
    case 2:
      asm volatile("cp.async.wait_group 2;" ::: "memory");
      break;
    case 3:
      asm volatile("cp.async.wait_group 3;" ::: "memory");
      break;
    case 4:
      asm volatile("cp.async.wait_group 4;" ::: "memory");
      break;
    case 5:
      asm volatile("cp.async.wait_group 5;" ::: "memory");
      break;
    case 6:
      asm volatile("cp.async.wait_group 6;" ::: "memory");
      break;
    case 7:
      asm volatile("cp.async.wait_group 7;" ::: "memory");
      break;
    default:
      asm volatile("cp.async.wait_group 8;" ::: "memory");
      break;
  }
#endif
}

/// Has a barrier in shared memory hear of the end of the thread's copies.
FUSION_COMPAT_DEVICE void __pipeline_arrive_on(unsigned long long* barrier) {
#if FUSION_COMPAT_HAS_SM80
  unsigned at = static_cast<unsigned>(__cvta_generic_to_shared(barrier));
  asm volatile("cp.async.mbarrier.arrive.shared.b64 [%0];" ::"r"(at) : "memory");
#else
  (void)barrier;
#endif
}
