#pragma once

#include "groups_base.h"

namespace cooperative_groups {

/// The threads of a block.
class thread_block {
 public:
  FUSION_COMPAT_DEVICE static void sync() { __syncthreads(); }
  FUSION_COMPAT_DEVICE static unsigned thread_rank() { return fusion_compat::thread_in_block(); }
  FUSION_COMPAT_DEVICE static unsigned num_threads() { return fusion_compat::threads_of_block(); }
  FUSION_COMPAT_DEVICE static unsigned size() { return num_threads(); }
  FUSION_COMPAT_DEVICE static dim3 group_index() { return dim3(blockIdx.x, blockIdx.y, blockIdx.z); }
  FUSION_COMPAT_DEVICE static dim3 thread_index() { return dim3(threadIdx.x, threadIdx.y, threadIdx.z); }
  FUSION_COMPAT_DEVICE static dim3 group_dim() { return dim3(blockDim.x, blockDim.y, blockDim.z); }
  FUSION_COMPAT_DEVICE static dim3 dim_threads() { return group_dim(); }
  struct arrival_token {};
  FUSION_COMPAT_DEVICE static arrival_token barrier_arrive() {
    asm volatile("barrier.cta.arrive 1, %0;" ::"r"((num_threads() + 31) / 32 * 64) : "memory");
    return arrival_token();
  }
  FUSION_COMPAT_DEVICE static void barrier_wait(arrival_token&&) {
    asm volatile("barrier.cta.sync 1, %0;" ::"r"((num_threads() + 31) / 32 * 64) : "memory");
  }
};
FUSION_COMPAT_DEVICE thread_block this_thread_block() { return thread_block(); }

/// All threads of a grid. sync needs a cooperative launch, in which all blocks run at the same time.
class grid_group {
 public:
  FUSION_COMPAT_DEVICE bool is_valid() const { return fusion_compat::grid_counter() != nullptr; }
  FUSION_COMPAT_DEVICE void sync() const { barrier_wait(barrier_arrive()); }
  struct arrival_token {
    unsigned before;
  };
  FUSION_COMPAT_DEVICE arrival_token barrier_arrive() const {
    if (!is_valid()) __trap();
    __syncthreads();
    arrival_token token = {0};
    if (fusion_compat::thread_in_block() == 0) token.before = fusion_compat::arrive_at_grid();
    return token;
  }
  FUSION_COMPAT_DEVICE void barrier_wait(arrival_token&& token) const {
    if (fusion_compat::thread_in_block() == 0) fusion_compat::wait_for_grid(token.before);
    __syncthreads();
  }
  FUSION_COMPAT_DEVICE static unsigned long long thread_rank() {
    return fusion_compat::block_in_grid() * fusion_compat::threads_of_block() +
           fusion_compat::thread_in_block();
  }
  FUSION_COMPAT_DEVICE static unsigned long long num_threads() {
    return fusion_compat::blocks_of_grid() * fusion_compat::threads_of_block();
  }
  FUSION_COMPAT_DEVICE static unsigned long long size() { return num_threads(); }
  FUSION_COMPAT_DEVICE static unsigned long long num_blocks() { return fusion_compat::blocks_of_grid(); }
  FUSION_COMPAT_DEVICE static unsigned long long block_rank() { return fusion_compat::block_in_grid(); }
  FUSION_COMPAT_DEVICE static dim3 group_dim() { return dim3(gridDim.x, gridDim.y, gridDim.z); }
  FUSION_COMPAT_DEVICE static dim3 dim_blocks() { return group_dim(); }
  FUSION_COMPAT_DEVICE static dim3 block_index() { return dim3(blockIdx.x, blockIdx.y, blockIdx.z); }
};
FUSION_COMPAT_DEVICE grid_group this_grid() { return grid_group(); }

#if FUSION_COMPAT_HAS_SM90
/// The blocks of a cluster, which reach each other's shared memory.
class cluster_group {
 public:
  struct arrival_token {};
  FUSION_COMPAT_DEVICE static void sync() {
    barrier_arrive();
    barrier_wait();
  }
  FUSION_COMPAT_DEVICE static arrival_token barrier_arrive() {
    asm volatile("barrier.cluster.arrive;" ::: "memory");
    return arrival_token();
  }
  FUSION_COMPAT_DEVICE static void barrier_wait() { asm volatile("barrier.cluster.wait;" ::: "memory"); }
  FUSION_COMPAT_DEVICE static void barrier_wait(arrival_token&&) { barrier_wait(); }
  FUSION_COMPAT_DEVICE static unsigned block_rank() {
    unsigned value;
    asm("mov.u32 %0, %%cluster_ctarank;" : "=r"(value));
    return value;
  }
  FUSION_COMPAT_DEVICE static unsigned num_blocks() {
    unsigned value;
    asm("mov.u32 %0, %%cluster_nctarank;" : "=r"(value));
    return value;
  }
  FUSION_COMPAT_DEVICE static dim3 block_index() {
    dim3 value;
    asm("mov.u32 %0, %%cluster_ctaid.x;" : "=r"(value.x));
    asm("mov.u32 %0, %%cluster_ctaid.y;" : "=r"(value.y));
    asm("mov.u32 %0, %%cluster_ctaid.z;" : "=r"(value.z));
    return value;
  }
  FUSION_COMPAT_DEVICE static dim3 dim_blocks() {
    dim3 value;
    asm("mov.u32 %0, %%cluster_nctaid.x;" : "=r"(value.x));
    asm("mov.u32 %0, %%cluster_nctaid.y;" : "=r"(value.y));
    asm("mov.u32 %0, %%cluster_nctaid.z;" : "=r"(value.z));
    return value;
  }
  FUSION_COMPAT_DEVICE static unsigned thread_rank() {
    return block_rank() * fusion_compat::threads_of_block() + fusion_compat::thread_in_block();
  }
  FUSION_COMPAT_DEVICE static unsigned num_threads() {
    return num_blocks() * fusion_compat::threads_of_block();
  }
  FUSION_COMPAT_DEVICE static unsigned size() { return num_threads(); }
  /// The address at which another block has what address is in this one.
  template <class T>
  FUSION_COMPAT_DEVICE static T* map_shared_rank(T* address, int rank) {
    unsigned long long mapped;
    asm("mapa.u64 %0, %1, %2;" : "=l"(mapped) : "l"(address), "r"(rank));
    return reinterpret_cast<T*>(mapped);
  }
  FUSION_COMPAT_DEVICE static unsigned query_shared_rank(const void* address) {
    unsigned rank;
    asm("getctarank.u64 %0, %1;" : "=r"(rank) : "l"(address));
    return rank;
  }
};
FUSION_COMPAT_DEVICE cluster_group this_cluster() { return cluster_group(); }
#endif

}  // namespace cooperative_groups
