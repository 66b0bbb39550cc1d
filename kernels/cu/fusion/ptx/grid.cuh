#pragma once

#include <fusion/base/integers.cuh>

// Kernels that overlap (programmatic dependent launch) and the place of a block in its cluster: sm_90 and
// newer. On older chips a kernel starts when the one ahead has ended and every block is a cluster of its own,
// and the functions do nothing or say so. Each thread acts for itself; no memory unless stated.

namespace fusion::ptx {

/// Waits until the kernels that this one was launched behind have ended and their writes are visible to the
/// caller. Every thread that reads what they wrote, or writes what they read, calls it first. Without the
/// launch attribute for programmatic dependent launch it returns at once.
__device__ __forceinline__ void griddepcontrol_wait() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

/// Lets the next kernel in the stream start, if it was launched with the attribute, once every block of this
/// grid has called it or ended. It orders no memory: what the next kernel may read is settled by its
/// griddepcontrol_wait. One thread a block is enough.
__device__ __forceinline__ void griddepcontrol_launch_dependents() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

/// Number of the caller's cluster in the grid along x.
__device__ __forceinline__ u32 cluster_id_x() {
#if __CUDA_ARCH__ >= 900
  u32 value;
  asm("mov.u32 %0, %%clusterid.x;" : "=r"(value));
  return value;
#else
  return blockIdx.x;
#endif
}

/// Number of blocks in a cluster along x.
__device__ __forceinline__ u32 cluster_blocks_x() {
#if __CUDA_ARCH__ >= 900
  u32 value;
  asm("mov.u32 %0, %%cluster_nctaid.x;" : "=r"(value));
  return value;
#else
  return 1;
#endif
}

/// Number of the caller's block in its cluster along x.
__device__ __forceinline__ u32 cluster_block_x() {
#if __CUDA_ARCH__ >= 900
  u32 value;
  asm("mov.u32 %0, %%cluster_ctaid.x;" : "=r"(value));
  return value;
#else
  return 0;
#endif
}

}  // namespace fusion::ptx
