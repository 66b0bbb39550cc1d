#include <cooperative_groups.h>
#include <cuda_runtime.h>
namespace cg = cooperative_groups;
#if __CUDA_ARCH__ >= 900
__global__ void clusterHist(int* bins, int nbins, int bins_per_block, const int* input, size_t n) {
  extern __shared__ int smem[];
  cg::cluster_group cluster = cg::this_cluster();
  for (int i = threadIdx.x; i < bins_per_block; i += blockDim.x) smem[i] = 0;
  cluster.sync();
  for (size_t i = cg::this_grid().thread_rank(); i < n; i += blockDim.x * gridDim.x) {
    int bin = input[i] % nbins;
    int* dst = cluster.map_shared_rank(smem, bin / bins_per_block);
    atomicAdd(dst + bin % bins_per_block, 1);
  }
  cluster.sync();
  for (int i = threadIdx.x; i < bins_per_block; i += blockDim.x)
    atomicAdd(&bins[cluster.block_rank() * bins_per_block + i], smem[i]);
}
#endif
__global__ void plainHist(int* bins, const int* input, size_t n) {
  cudaGridDependencySynchronize();
  for (size_t i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += blockDim.x * gridDim.x)
    atomicAdd(bins + (input[i] & 255), 1);
  cudaTriggerProgrammaticLaunchCompletion();
}
void launch() {
  cudaLaunchConfig_t config = {0};
  cudaLaunchAttribute attribute[1];
  attribute[0].id = cudaLaunchAttributeClusterDimension;
  cudaLaunchKernelEx(&config, clusterHist, nullptr, 256, 128, nullptr, 1000);
}
