#pragma once

#include <fusion/base/integers.cuh>

// Blocks in clusters, which can write to each other's shared memory: sm_90 and newer. On older chips every
// block is a cluster of its own, and the functions do what that means.

namespace fusion::ptx {

/// Whether values travel between the blocks of a cluster with a barrier in shared memory that counts their
/// bytes: st.async, from PTX 8.1 on, which NVRTC 12.1 is the first to know. Without it the blocks meet at
/// barriers of the cluster. These wait until all that a thread has written is there, in the memory of other
/// GPUs too: a fused one-shot of 4 ranks takes 0.5 us longer (bench/notes.md).
#if __CUDA_ARCH__ >= 900 && \
    (__CUDACC_VER_MAJOR__ > 12 || (__CUDACC_VER_MAJOR__ == 12 && __CUDACC_VER_MINOR__ >= 1))
#define FUSION_CLUSTER_COUNTS_BYTES 1
#else
#define FUSION_CLUSTER_COUNTS_BYTES 0
#endif

// The barriers have no qualifier of their order where NVRTC 11.8 has to read them, because it knows none;
// PTX's default is the one stated.

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

/// Reads from the shared memory of the cluster's block number `block`, where `address` is the same place in
/// the caller's own. One thread, for itself. Order: weak. The block must have started and not ended, for
/// which the caller has cluster barriers before and after it. Alignment: 4 bytes.
__device__ __forceinline__ float ld_shared_cluster(const float* address, u32 block) {
#if __CUDA_ARCH__ >= 900
  u32 remote;
  asm volatile("mapa.shared::cluster.u32 %0, %1, %2;"
               : "=r"(remote)
               : "r"(static_cast<u32>(__cvta_generic_to_shared(address))), "r"(block));
  float value;
  asm volatile("ld.shared::cluster.f32 %0, [%1];" : "=f"(value) : "r"(remote) : "memory");
  return value;
#else
  return *address;
#endif
}

#if FUSION_CLUSTER_COUNTS_BYTES

/// barrier_cluster_arrive that orders nothing: for blocks that only have to know of each other that they have
/// started, after fence_mbarrier_init.
__device__ __forceinline__ void barrier_cluster_arrive_relaxed() {
  asm volatile("barrier.cluster.arrive.relaxed;" ::: "memory");
}

/// Makes a barrier in shared memory, for phases that one thread begins with mbarrier_expect. One thread of
/// the block; the others of its cluster may use it after fence_mbarrier_init of that thread and a barrier of
/// the cluster. Alignment: 8 bytes.
__device__ __forceinline__ void mbarrier_init(u64* barrier) {
  asm volatile(
      "mbarrier.init.shared::cta.b64 [%0], 1;" ::"r"(static_cast<u32>(__cvta_generic_to_shared(barrier)))
      : "memory");
}

/// Makes the caller's mbarrier_init visible to the cluster, once it has come to a barrier of the cluster.
__device__ __forceinline__ void fence_mbarrier_init() {
  asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
}

/// Says how many bytes end the phase of a barrier of the caller's block. One thread, once a phase; the bytes
/// may come before.
__device__ __forceinline__ void mbarrier_expect(u64* barrier, u32 bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(
                   static_cast<u32>(__cvta_generic_to_shared(barrier))),
               "r"(bytes)
               : "memory");
}

/// Waits for the end of a phase, of which `parity` is the number's last bit. Participants: all threads of a
/// warp, which meet before they wait. NVRTC 12.4 makes a loop that never yields to the other threads of its
/// warp, so a thread that came first would wait for ever for bytes that another one of its warp has yet to
/// send (bench/notes.md). Order: what came with the phase's bytes is visible.
__device__ __forceinline__ void mbarrier_wait(u64* barrier, u32 parity) {
  __syncwarp();
  const u32 place = static_cast<u32>(__cvta_generic_to_shared(barrier));
  u32 done;
  do {
    asm volatile(
        "{\n"
        ".reg .pred p;\n"
        "mbarrier.try_wait.parity.acquire.cluster.shared::cta.b64 p, [%1], %2;\n"
        "selp.u32 %0, 1, 0, p;\n"
        "}"
        : "=r"(done)
        : "r"(place), "r"(parity)
        : "memory");
  } while (done == 0);
}

/// Writes to the shared memory of the cluster's block number `block` and counts 4 bytes at its barrier;
/// `address` and `barrier` are the same places in the caller's own. One thread, for itself. The block must
/// have started, and must not end before its barrier has counted the bytes. Alignment: 4 bytes.
__device__ __forceinline__ void st_async_cluster(float* address, u64* barrier, u32 block, float value) {
  u32 remote, remote_barrier;
  asm volatile("mapa.shared::cluster.u32 %0, %1, %2;"
               : "=r"(remote)
               : "r"(static_cast<u32>(__cvta_generic_to_shared(address))), "r"(block));
  asm volatile("mapa.shared::cluster.u32 %0, %1, %2;"
               : "=r"(remote_barrier)
               : "r"(static_cast<u32>(__cvta_generic_to_shared(barrier))), "r"(block));
  asm volatile("st.async.weak.shared::cluster.mbarrier::complete_tx::bytes.u32 [%0], %1, [%2];" ::"r"(remote),
               "r"(__float_as_uint(value)), "r"(remote_barrier)
               : "memory");
}

#endif  // FUSION_CLUSTER_COUNTS_BYTES

}  // namespace fusion::ptx
