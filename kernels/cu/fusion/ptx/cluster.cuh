#pragma once

#include <fusion/base/integers.cuh>

// Blocks in clusters that share their shared memory: sm_90 and newer. Below that every block is a cluster of
// its own, and the functions do what that means.

namespace fusion::ptx {

// Orders of barriers are those that PTX gives without a word: NVRTC 11.8 has no words for them.

/// One half of a barrier of all threads of a cluster: the caller has come. Order: release at cluster scope.
__device__ __forceinline__ void barrier_cluster_arrive() {
#if __CUDA_ARCH__ >= 900
  asm volatile("barrier.cluster.arrive;" ::: "memory");
#endif
}

/// The other half: waits until all threads of the cluster have come. Order: acquire at cluster scope.
__device__ __forceinline__ void barrier_cluster_wait() {
#if __CUDA_ARCH__ >= 900
  asm volatile("barrier.cluster.wait;" ::: "memory");
#else
  __syncthreads();
#endif
}

/// Writes to the place in the shared memory of the cluster's block number `block` that `address` is in the
/// caller's own. Order: weak; the block must have started and not ended, which cluster barriers before and
/// after see to.
__device__ __forceinline__ void st_shared_cluster(float* address, u32 block, float value) {
#if __CUDA_ARCH__ >= 900
  u32 remote;
  asm volatile("mapa.shared::cluster.u32 %0, %1, %2;"
               : "=r"(remote)
               : "r"(static_cast<u32>(__cvta_generic_to_shared(address))), "r"(block));
  asm volatile("st.shared::cluster.f32 [%0], %1;" ::"r"(remote), "f"(value) : "memory");
#else
  *address = value;
#endif
}

}  // namespace fusion::ptx
