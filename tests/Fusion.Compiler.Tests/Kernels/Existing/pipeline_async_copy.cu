#include <cooperative_groups.h>
#include <cooperative_groups/memcpy_async.h>
#include <cuda_pipeline_primitives.h>
namespace cg = cooperative_groups;
template <int kStages>
__global__ void stream_sum(const float4* __restrict__ in, float* __restrict__ out, int tiles) {
  __shared__ float4 buffer[kStages][128];
  cg::thread_block block = cg::this_thread_block();
  for (int s = 0; s < kStages - 1; ++s) {
    __pipeline_memcpy_async(&buffer[s][threadIdx.x], &in[s * 128 + threadIdx.x], sizeof(float4));
    __pipeline_commit();
  }
  float sum = 0;
  for (int t = 0; t < tiles; ++t) {
    __pipeline_wait_prior(kStages - 2);
    block.sync();
    sum += buffer[t % kStages][threadIdx.x].x;
    __pipeline_commit();
  }
  cg::memcpy_async(block, &buffer[0][0], in, sizeof(float4) * 128);
  cg::wait(block);
  out[threadIdx.x] = sum + buffer[0][threadIdx.x].y;
}
template __global__ void stream_sum<3>(const float4* __restrict__, float* __restrict__, int);
