#pragma once

#include <fusion/ptx/bulk_copy.cuh>

// Copies of boxes of a tensor from global to shared memory by one instruction, as a tensor map of the host
// (TensorMap.Create) says: sm_90 and newer, with NVRTC 12.1 or newer (FUSION_CLUSTER_COUNTS_BYTES); elsewhere
// there is none of them. Each thread acts for itself. `map` is the address of a kernel's parameter,
// `const __grid_constant__ CUtensorMap`.

namespace fusion::ptx {

#if FUSION_CLUSTER_COUNTS_BYTES

/// Asks for a tensor map, so that it is near when the first copy needs it. It waits for nothing.
__device__ __forceinline__ void prefetch_tensor_map(const void* map) {
  asm volatile("prefetch.tensormap [%0];" ::"l"(map) : "memory");
}

/// Begins to copy the box of a tensor of three dimensions whose first element is (c0, c1, c2). What lies
/// outside the tensor becomes zeros; all bytes of the box count at the barrier, which is of the caller's
/// block. Alignment of `to_shared`: that of the map's permutation, 1024 bytes for 128.
__device__ __forceinline__ void copy_box(void* to_shared, const void* map, int c0, int c1, int c2,
                                         u64* barrier) {
  asm volatile(
      "cp.async.bulk.tensor.3d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3, %4}], "
      "[%5];" ::"r"(static_cast<u32>(__cvta_generic_to_shared(to_shared))),
      "l"(map), "r"(c0), "r"(c1), "r"(c2), "r"(static_cast<u32>(__cvta_generic_to_shared(barrier)))
      : "memory");
}

/// copy_box for what this GPU reads once: it is the first to leave the L2 cache.
__device__ __forceinline__ void copy_box_once(void* to_shared, const void* map, int c0, int c1, int c2,
                                              u64* barrier) {
  u64 policy;
  asm("createpolicy.fractional.L2::evict_first.b64 %0;" : "=l"(policy));
  asm volatile(
      "cp.async.bulk.tensor.3d.shared::cluster.global.mbarrier::complete_tx::bytes.L2::cache_hint [%0], [%1, "
      "{%2, %3, %4}], [%5], %6;" ::"r"(static_cast<u32>(__cvta_generic_to_shared(to_shared))),
      "l"(map), "r"(c0), "r"(c1), "r"(c2), "r"(static_cast<u32>(__cvta_generic_to_shared(barrier))),
      "l"(policy)
      : "memory");
}

/// Waits for the end of a phase of a barrier of the caller's block, of which `parity` is the number's last
/// bit. Participants: whole warps, or one lane alone; whatever ends the phase must not be another lane of the
/// warp. Order: what came with the phase's bytes, and what others did before they arrived, is visible.
///
/// In code that the compiler knows to be the same for all lanes (uniform_warp) the barrier's address is one
/// for the warp: with an address in each lane a wait takes 170 cycles, also if there is nothing to wait for.
__device__ __forceinline__ void mbarrier_wait_own(u64* barrier, u32 parity) {
  asm volatile(
      "{\n"
      ".reg .pred done;\n"
      "AGAIN:\n"
      "mbarrier.try_wait.parity.shared::cta.b64 done, [%0], %1;\n"
      "@done bra END;\n"
      "bra AGAIN;\n"
      "END:\n"
      "}" ::"r"(static_cast<u32>(__cvta_generic_to_shared(barrier))),
      "r"(parity)
      : "memory");
}

#endif  // FUSION_CLUSTER_COUNTS_BYTES

/// Number of the caller's warp in its block, which the compiler knows to be the same for all its lanes.
/// Participants: all lanes of a warp. Blocks of one dimension.
__device__ __forceinline__ int uniform_warp() {
  return __shfl_sync(0xffffffffu, static_cast<int>(threadIdx.x) / 32, 0);
}

}  // namespace fusion::ptx
