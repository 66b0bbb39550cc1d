#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>
#include <stdio.h>

namespace cg = cooperative_groups;

template <class T>
struct SharedMemory {
  __device__ inline operator T*() {
    extern __shared__ int __smem[];
    return (T*)__smem;
  }
  __device__ inline operator const T*() const {
    extern __shared__ int __smem[];
    return (T*)__smem;
  }
};

bool isPow2(unsigned int x) { return ((x & (x - 1)) == 0); }

template <class T>
__global__ void cg_reduce(T* g_idata, T* g_odata, unsigned int n) {
  T* sdata = SharedMemory<T>();
  cg::thread_block cta = cg::this_thread_block();
  auto tile = cg::tiled_partition<32>(cta);
  T sum = 0;
  for (unsigned int i = cta.thread_rank() + cta.group_index().x * cta.size(); i < n;
       i += cta.size() * gridDim.x)
    sum += g_idata[i];
  sdata[cta.thread_rank()] = sum;
  cg::sync(cta);
  T warp = cg::reduce(tile, sdata[cta.thread_rank()], cg::plus<T>());
  if (tile.thread_rank() == 0) atomicAdd(g_odata, warp);
}

template __global__ void cg_reduce<int>(int*, int*, unsigned int);
template __global__ void cg_reduce<float>(float*, float*, unsigned int);

template <class T>
void reduce(int size, int threads, int blocks, T* d_idata, T* d_odata) {
  dim3 dimBlock(threads, 1, 1), dimGrid(blocks, 1, 1);
  int smemSize = threads * sizeof(T);
  cg_reduce<T><<<dimGrid, dimBlock, smemSize>>>(d_idata, d_odata, size);
}
template void reduce<int>(int size, int threads, int blocks, int* d_idata, int* d_odata);
