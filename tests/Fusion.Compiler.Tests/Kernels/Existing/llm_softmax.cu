#include <stdio.h>
#include <stdlib.h>
#include <float.h>
#include <assert.h>
#include <math.h>
#include <cuda_runtime.h>
#include <cuda_bf16.h>
#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>

#define CEIL_DIV(M, N) (((M) + (N)-1) / (N))
namespace cg = cooperative_groups;

__device__ float warpReduceMax(float val) {
  for (int offset = 16; offset > 0; offset /= 2) val = fmaxf(val, __shfl_down_sync(0xFFFFFFFF, val, offset));
  return val;
}

__global__ void softmax_forward_kernel4(float* out, const float* inp, int N, int C) {
  extern __shared__ float shared[];
  int tid = threadIdx.x, warpId = threadIdx.x / 32, laneId = threadIdx.x % 32;
  float maxval = -INFINITY;
  for (int i = tid; i < C; i += blockDim.x) maxval = fmaxf(maxval, inp[blockIdx.x * C + i]);
  maxval = warpReduceMax(maxval);
  if (laneId == 0) shared[warpId] = maxval;
  __syncthreads();
  for (int i = tid; i < C; i += blockDim.x)
    out[blockIdx.x * C + i] = expf(inp[blockIdx.x * C + i] - shared[0]);
}

struct SoftmaxParams {
  float Scale;
  float Offset;
};
__device__ SoftmaxParams prepare_softmax(cg::thread_block_tile<32>& warp, const float* x, int V) {
  float thread_maxval = -FLT_MAX, thread_sumval = 0.0f;
  for (int i = warp.thread_rank(); i < V; i += 32) {
    float old = thread_maxval;
    thread_maxval = fmaxf(thread_maxval, x[i]);
    thread_sumval = thread_sumval * expf(old - thread_maxval) + expf(x[i] - thread_maxval);
  }
  float global_maxval = cg::reduce(warp, thread_maxval, cg::greater<float>{});
  float global_sumval =
      cg::reduce(warp, thread_sumval * expf(thread_maxval - global_maxval), cg::plus<float>{});
  return SoftmaxParams{1.f / global_sumval, global_maxval};
}
__global__ void softmax_online(float* out, const float* inp, int V) {
  cg::thread_block_tile<32> warp = cg::tiled_partition<32>(cg::this_thread_block());
  SoftmaxParams p = prepare_softmax(warp, inp + blockIdx.x * V, V);
  for (int i = warp.thread_rank(); i < V; i += 32)
    out[blockIdx.x * V + i] = expf(inp[blockIdx.x * V + i] - p.Offset) * p.Scale;
}
