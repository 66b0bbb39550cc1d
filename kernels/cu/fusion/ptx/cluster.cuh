#pragma once

#include <fusion/base/integers.cuh>

// Blocks in clusters, which can write to each other's shared memory: sm_90 and newer. On older chips every
// block is a cluster of its own, and the functions do what that means.

namespace fusion::ptx {

// The barriers have no qualifier of their order, because NVRTC 11.8 knows none; PTX's default is the one
// stated.

/// The first half of a barrier of a cluster: marks that the caller has come. Participants: all threads of the
/// cluster. Order: release at cluster scope.
__device__ __forceinline__ void barrier_cluster_arrive() {
#if __CUDA_ARCH__ >= 900
  asm volatile("barrier.cluster.arrive;" ::: "memory");
#endif
}

/// The second half of a barrier of a cluster: waits until all threads of the cluster have come. Participants:
/// all threads of the cluster, each after its barrier_cluster_arrive. Order: acquire at cluster scope.
__device__ __forceinline__ void barrier_cluster_wait() {
#if __CUDA_ARCH__ >= 900
  asm volatile("barrier.cluster.wait;" ::: "memory");
#else
  __syncthreads();
#endif
}

/// Writes to the shared memory of the cluster's block number `block`, where `address` is the same place in
/// the caller's own. One thread, for itself. Order: weak. The block must have started and not ended, for
/// which the caller has cluster barriers before and after it. Alignment: 4 bytes.
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
