#pragma once

#include <fusion/base/vec16.cuh>
#include <fusion/ptx/cluster.cuh>

// Copies of many bytes from global to shared memory by one instruction, which go on while the thread does and
// count their bytes at a barrier in shared memory: sm_90 and newer, with NVRTC 12.1 or newer
// (FUSION_CLUSTER_COUNTS_BYTES); elsewhere there is none of them. Each thread acts for itself.

namespace fusion::ptx {

#if FUSION_CLUSTER_COUNTS_BYTES

/// Makes a barrier in shared memory whose phases end when `arrivals` threads have come and the bytes that
/// they said, if any, are there. One thread of the block; the others may use it after fence_mbarrier_init of
/// that thread and a barrier of the block. Alignment: 8 bytes.
__device__ __forceinline__ void mbarrier_init(u64* barrier, u32 arrivals) {
  asm volatile(
      "mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(static_cast<u32>(__cvta_generic_to_shared(barrier))),
      "r"(arrivals)
      : "memory");
}

/// Comes to a barrier of the caller's block, and does not wait. Order: release; what the caller read and
/// wrote before is done for those who wait for the end of the phase.
__device__ __forceinline__ void mbarrier_arrive(u64* barrier) {
  asm volatile(
      "mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(static_cast<u32>(__cvta_generic_to_shared(barrier)))
      : "memory");
}

/// Begins to copy `bytes` bytes, a multiple of 16, that this GPU reads once: they are the first to leave the
/// L2 cache. The barrier is of the caller's block and counts the bytes. Alignment: 16 bytes on both sides.
__device__ __forceinline__ void copy_bulk_once(void* to_shared, const void* from_global, u32 bytes,
                                               u64* barrier) {
  u64 policy;
  asm("createpolicy.fractional.L2::evict_first.b64 %0;" : "=l"(policy));
  asm volatile(
      "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes.L2::cache_hint [%0], [%1], %2, "
      "[%3], "
      "%4;" ::"r"(static_cast<u32>(__cvta_generic_to_shared(to_shared))),
      "l"(__cvta_generic_to_global(from_global)), "r"(bytes),
      "r"(static_cast<u32>(__cvta_generic_to_shared(barrier))), "l"(policy)
      : "memory");
}

/// Reads 16 bytes of shared memory. Order: weak. Alignment: 16 bytes.
__device__ __forceinline__ Words16 ld_shared(const void* address) {
  Words16 value;
  asm volatile("ld.shared.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(value.w[0]), "=r"(value.w[1]), "=r"(value.w[2]), "=r"(value.w[3])
               : "r"(static_cast<u32>(__cvta_generic_to_shared(address)))
               : "memory");
  return value;
}

#endif  // FUSION_CLUSTER_COUNTS_BYTES

}  // namespace fusion::ptx
