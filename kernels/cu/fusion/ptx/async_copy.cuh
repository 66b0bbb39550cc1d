#pragma once

#include <fusion/base/integers.cuh>

// Copies from global to shared memory that go on while the thread does. Each thread acts for itself. What a
// thread copied is there for itself after the wait, for the other threads of its block after a barrier behind
// the wait.

namespace fusion::ptx {

/// Begins to copy 16 bytes, or writes zeros if not `read`. Both addresses are aligned to 16 bytes; that in
/// global memory must be valid in either case.
__device__ __forceinline__ void cp_async_16(void* to_shared, const void* from_global, bool read) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;"
               :
               : "l"(__cvta_generic_to_shared(to_shared)), "l"(__cvta_generic_to_global(from_global)),
                 "r"(read ? 16 : 0)
               : "memory");
}

/// The same, but the L2 cache fetches the aligned 128 bytes around them: for bytes whose neighbours are read
/// next.
__device__ __forceinline__ void cp_async_16_of_128(void* to_shared, const void* from_global, bool read) {
  asm volatile("cp.async.cg.shared.global.L2::128B [%0], [%1], 16, %2;"
               :
               : "l"(__cvta_generic_to_shared(to_shared)), "l"(__cvta_generic_to_global(from_global)),
                 "r"(read ? 16 : 0)
               : "memory");
}

/// Closes the group of the copies that the thread began since the last one.
__device__ __forceinline__ void cp_async_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }

/// Waits for all of the thread's groups but the newest ones.
template <int Newest>
__device__ __forceinline__ void cp_async_wait() {
  asm volatile("cp.async.wait_group %0;" : : "n"(Newest) : "memory");
}

}  // namespace fusion::ptx
