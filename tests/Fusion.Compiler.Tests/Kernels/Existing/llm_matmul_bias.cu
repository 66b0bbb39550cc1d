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

__global__ void __launch_bounds__(16 * 16, 2)
    matmul_forward_kernel4(float* out, const float* inp, const float* weight, const float* bias, int C,
                           int OC) {
  int oc = 8 * (blockIdx.y * blockDim.y + threadIdx.y);
  __shared__ float lhs_s[128][32];
  float vals[8] = {};
  if (bias != NULL)
    for (int i = 0; i < 8; i++) vals[i] = bias[oc + i];
  for (int so = 0; so < C; so += 32) {
    __syncthreads();
    lhs_s[threadIdx.y][threadIdx.x] = inp[so + threadIdx.x];
    __syncthreads();
    for (int i = 0; i < 8; i++) vals[i] += lhs_s[threadIdx.y][threadIdx.x] * weight[(oc + i) * C + so];
  }
  for (int i = 0; i < 8; i++) out[oc + i] = vals[i];
}
static cublasHandle_t cublas_handle;
void matmul_forward(float* out, const float* inp, const float* weight, const float* bias, int B, int T, int C,
                    int OC) {
  int sqrt_block_size = 16;
  dim3 gridDim(CEIL_DIV(B * T, 8 * sqrt_block_size), CEIL_DIV(OC, 8 * sqrt_block_size));
  dim3 blockDim(sqrt_block_size, sqrt_block_size);
  matmul_forward_kernel4<<<gridDim, blockDim>>>(out, inp, weight, bias, C, OC);
}
