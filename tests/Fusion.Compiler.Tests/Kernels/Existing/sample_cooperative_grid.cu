#include <cooperative_groups.h>
#include <iostream>
namespace cg = cooperative_groups;

__global__ void conjugate(const float* x, float* y, double* result, int n) {
  cg::thread_block cta = cg::this_thread_block();
  cg::grid_group grid = cg::this_grid();
  for (int i = grid.thread_rank(); i < n; i += grid.size()) y[i] = 2.0f * x[i];
  cg::sync(grid);
  double sum = 0;
  for (int i = grid.thread_rank(); i < n; i += grid.size()) sum += (double)(y[i] * x[i]);
  cg::thread_block_tile<32> tile32 = cg::tiled_partition<32>(cta);
  for (int i = tile32.size() / 2; i > 0; i >>= 1) sum += tile32.shfl_down(sum, i);
  if (tile32.thread_rank() == 0) atomicAdd(result, sum);
}

int main() {
  int numBlocksPerSm = 0, numThreads = 256;
  cudaDeviceProp deviceProp;
  cudaGetDeviceProperties(&deviceProp, 0);
  cudaOccupancyMaxActiveBlocksPerMultiprocessor(&numBlocksPerSm, conjugate, numThreads, 0);
  void* args[] = {nullptr};
  cudaLaunchCooperativeKernel((void*)conjugate, deviceProp.multiProcessorCount, numThreads, args, 0, nullptr);
  std::cout << "ok" << std::endl;
}
