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

void encoder_forward_cpu(float* out, const int* inp, const float* wte, const float* wpe, int B, int T,
                         int C) {
  for (int b = 0; b < B; b++)
    for (int t = 0; t < T; t++)
      for (int i = 0; i < C; i++) out[(b * T + t) * C + i] = wte[inp[b * T + t] * C + i] + wpe[t * C + i];
}

__device__ inline float4 add_float4(const float4& a, const float4& b) {
  return make_float4(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w);
}

__global__ void encoder_forward_kernel3(float4* out, const int* inp, const float4* wte, const float4* wpe,
                                        int B, int T, int C) {
  int C4 = C / 4, idx = blockIdx.x * blockDim.x + threadIdx.x;
  if (idx < B * T * C4) {
    int bt = idx / C4, t = bt % T, c4 = idx % C4;
    out[idx] = add_float4(wte[inp[bt] * C4 + c4], wpe[t * C4 + c4]);
  }
}

void encoder_forward3(float* out, const int* inp, const float* wte, const float* wpe, int B, int T, int C) {
  encoder_forward_kernel3<<<CEIL_DIV(B * T * C / 4, 512), 512>>>((float4*)out, inp, (float4*)wte,
                                                                 (float4*)wpe, B, T, C);
}
